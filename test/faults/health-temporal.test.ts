import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checksInput } from '../../schedules/index.ts';
import { eventually } from '../../tools/servers/index.ts';
import { type CheckedFleet, openCheckedFleet } from '../support/checked-fleet.ts';
import { countAnswered } from '../support/run-events.ts';

let fleet: CheckedFleet;

beforeAll(async () => {
  fleet = await openCheckedFleet();
});
afterAll(() => fleet?.close());

describe('a look at the health of all, while Temporal starts again', () => {
  it('goes on where it was when Temporal is killed under it, and alarms nobody of a zone that answered and is forgotten', async () => {
    const { stage, proxy, policy, ams } = fleet;
    const input = checksInput(policy);
    // Beside the directory of zone fra, so that its look can be held up.
    const held = input.repositories.flatMap((each) => {
      if (each.kind !== 's3') return [];
      const { lock: _, ...rest } = each;
      return [{ ...rest, name: 'held', zone: 'fra', bucket: 'plain' }];
    });
    const { organization, hash } = policy;
    await stage.execute('publishPolicy', { organization, hash, text: 'x', repositories: held });
    const rule = proxy.add({ method: 'GET', path: /plain/, times: 1000, action: { do: 'hang' } });
    const run = await stage.start('health', {
      ...input,
      repositories: [...input.repositories, ...held],
      quiet: true,
    });
    await eventually(async () => {
      expect(rule.hits()).toBeGreaterThan(0);
      // Zone ams has looked, and tidied.
      expect(await countAnswered(run)).toBe(2);
    }, 60);
    await ams.stop();
    await stage.orchestra.temporal.kill();
    await stage.orchestra.temporal.restart();
    proxy.clear();
    expect(await run.result()).toMatchObject({ result: 'passed', findings: [], unchecked: [] });
  });

  it('waits for a worker that has not found Temporal again, of which Temporal itself knows no more', async () => {
    const { stage, policy } = fleet;
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
