import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checksInput } from '../../schedules/index.ts';
import { eventually } from '../../tools/servers/index.ts';
import { type CheckedFleet, openCheckedFleet } from '../support/checked-fleet.ts';

let fleet: CheckedFleet;

beforeAll(async () => {
  fleet = await openCheckedFleet();
});
afterAll(() => fleet?.close());

describe('a look at the health of all, while Temporal starts again', () => {
  it('goes on where it was when Temporal is killed under it, and raises no false alarm', async () => {
    const { stage, proxy, policy } = fleet;
    const rule = proxy.add({ method: 'GET', path: /locked/, times: 1000, action: { do: 'hang' } });
    const run = await stage.start('health', { ...checksInput(policy), quiet: true });
    await eventually(async () => expect(rule.hits()).toBeGreaterThan(0), 60);
    await stage.orchestra.temporal.kill();
    await stage.orchestra.temporal.restart();
    proxy.clear();
    expect(await run.result()).toMatchObject({ result: 'passed', findings: [], unchecked: [] });
  });

  it('waits for a worker that has not found Temporal again, of which Temporal itself knows no more', async () => {
    const { stage, policy, ams } = fleet;
    await ams.stop();
    await stage.orchestra.temporal.kill();
    await stage.orchestra.temporal.restart();
    const run = await stage.start('health', { ...checksInput(policy), quiet: true });
    await eventually(async () => {
      const { raw } = await run.describe();
      const waiting = (raw.pendingActivities ?? []).map(({ activityType }) => activityType?.name);
      expect(waiting).toEqual(['lookAround']);
    }, 60);
    await stage.orchestra.play('ams');
    expect(await run.result()).toMatchObject({ result: 'passed', findings: [], unchecked: [] });
  });
});
