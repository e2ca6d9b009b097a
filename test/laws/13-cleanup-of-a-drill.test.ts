import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ResolvedStep } from '../../policy/resolved-failover.ts';
import { run } from '../../process/index.ts';
import { eventually } from '../../tools/servers/index.ts';
import { type Failover, say, waiting } from '../support/failovers.ts';
import { sql } from '../support/postgres-trip.ts';
import { step } from '../support/runbooks.ts';
import { openSite, type Site } from '../support/site.ts';

let site: Site;
let promote: ResolvedStep;

beforeAll(async () => {
  site = await openSite();
  const found = site.scene.policy.runbooks['shop-failover']?.steps.find(({ id }) => id === 'promote');
  if (found === undefined) throw new Error('the runbook of the site promotes');
  promote = { ...found, approve: false, needs: [] };
});

afterAll(() => site?.close());

const drill = { owner: 'commander-2', expect: [], inject: [] };
const start = (steps: ResolvedStep[]) =>
  site.scene.start(steps, { mode: 'drill', drill, book: { lost: ['fra'] } });

/** Everything that a worker may have made. */
const places = async () => [
  ...(await readdir(site.scratch)),
  ...(await readdir(site.scene.stage.orchestra.workRoot)),
];
const atWork = () => eventually(async () => expect(await readdir(site.scratch)).not.toEqual([]), 60);
const untouched = async () =>
  expect(await sql(site.standby, 'shop', 'select pg_is_in_recovery() as r')).toEqual([{ r: true }]);
const stop = (handle: Failover) => say(handle, 'abort', { by: 'commander-1', reason: 'enough' });

/** Scratch places go onto a disk of that size; only root can mount one. */
async function withSmallDisk(size: string, body: () => Promise<void>): Promise<void> {
  const { scratch } = site;
  await run({ command: 'mount', args: ['-t', 'tmpfs', '-o', `size=${size},mode=711`, 'tmpfs', scratch] });
  try {
    await body();
  } finally {
    await run({ command: 'umount', args: ['--lazy', scratch] });
  }
}

describe('law 13: cleanup is a step, of a drill', () => {
  it('that passed: its scratch copy was there, and is gone', async () => {
    const handle = await start([promote]);
    await atWork();
    expect((await handle.result()).result).toMatch(/^passed/);
    expect(await places()).toEqual([]);
    await untouched();
  });

  it('that is aborted while its scratch copy is at work, before it says that it has ended', async () => {
    const handle = await start([promote, step('after', { do: 'manual' }, { needs: ['promote'] })]);
    await atWork();
    await stop(handle);
    expect(await handle.result()).toMatchObject({ result: 'aborted' });
    expect(await places()).toEqual([]);
    await untouched();
  });

  it('that fails while its scratch copy is made: nothing is there once it asks, and nothing after it was tried again', () =>
    withSmallDisk('40m', async () => {
      const handle = await start([promote]);
      const failed = async () => (await waiting(handle, 'promote', 'decision')).step.sentences;
      expect((await failed()).join(' ')).toMatch(/no space left|No space left/);
      expect(await readdir(site.scratch)).toEqual([]);
      await say(handle, 'retry', { by: 'dba-1', step: 'promote' });
      await eventually(async () => expect(await failed()).toHaveLength(2), 60);
      expect(await readdir(site.scratch)).toEqual([]);
      await stop(handle);
      expect(await handle.result()).toMatchObject({ result: 'aborted' });
      expect(await places()).toEqual([]);
      await untouched();
    }));
});
