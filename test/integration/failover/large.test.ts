import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Failovers, openFailovers } from '../../support/failovers.ts';
import { command } from '../../support/runbooks.ts';

let scene: Failovers;

beforeAll(async () => {
  scene = await openFailovers();
});

afterAll(() => scene?.close());

describe('a runbook of 200 steps that print much, 20 side by side', () => {
  it('comes to its end far within what a history may hold, with a report', async () => {
    const steps = Array.from({ length: 200 }, (_, index) =>
      command(`s${index}`, ['seq', '2000'], {
        needs:
          index < 20
            ? []
            : Array.from({ length: 20 }, (_, other) => `s${Math.floor(index / 20) * 20 - 20 + other}`),
      }),
    );
    const handle = await scene.start(steps);
    const result = await handle.result();
    expect(result).toMatchObject({ result: 'passed', evidence: { stored: [expect.any(String)] } });
    const { historyLength, raw } = await handle.describe();
    const bytes = Number(raw.workflowExecutionInfo?.historySizeBytes ?? 0);
    // Temporal ends a run at 51,200 events or 50 MiB, and warns at a fifth of that.
    expect(historyLength).toBeLessThan(10_240);
    expect(bytes).toBeLessThan(10 * 1024 ** 2);
    expect(bytes).toBeGreaterThan(0);
  });
});
