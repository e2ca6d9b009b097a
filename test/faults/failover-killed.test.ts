import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from '../../process/index.ts';
import { eventually } from '../../tools/servers/index.ts';
import { type Hanging, type KilledFailovers, openKilledFailovers } from '../support/killed-failover.ts';
import { failoverCases } from '../support/killed-failover-cases.ts';

let scene: KilledFailovers;

afterAll(() => scene?.close());

/** All in the hands of one worker: each death is half a minute of silence until another one takes over. */
describe('a worker that is killed in the midst of a failover', () => {
  const hanging = new Map<string, Hanging>();

  beforeAll(async () => {
    scene = await openKilledFailovers();
    await scene.startWorker();
    const begin = async ([what, begun]: [string, (typeof failoverCases)[string]]) => {
      const each = await begun(scene);
      hanging.set(what, each);
      await eventually(async () => expect({ what, hung: each.hung() }).not.toEqual({ what, hung: 0 }), 60);
    };
    await Promise.all(Object.entries(failoverCases).map(begin));
    await scene.kill();
    await Promise.all([...hanging.values()].map((each) => each.killed?.()));
    await eventually(async () => {
      const found = await run({ command: 'pgrep', args: ['-f', scene.held] }, { okExitCodes: [0, 1] });
      expect(found.stdout).toBe('');
    }, 60);
    await scene.release();
    // The clocks of workers differ: nothing that a run tells, and no limit, depends on them.
    await scene.startWorker(-2);
  });

  it.each(Object.keys(failoverCases))('%s: is followed by one that does it once', async (what) => {
    await hanging.get(what)?.finished();
    expect(hanging.has(what)).toBe(true);
  });
});
