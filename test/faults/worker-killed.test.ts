import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import type { ResolvedPlan } from '../../policy/resolved.ts';
import { eventually, type FaultProxy } from '../../tools/servers/index.ts';
import type { Workflows } from '../../workflows/contract.ts';
import { filesOfBackup, pathsBelow } from '../support/files.ts';
import { openPlaces, type Places } from '../support/places.ts';
import { descendantsOf, livingOf, type Process, processesOf } from '../support/processes.ts';
import type { Program } from '../support/program.ts';
import { startWorkerOf } from '../support/proving.ts';
import { askFor, manyBytes, manyRows, openScene, type Scene } from '../support/scene.ts';
import type { Stage } from '../support/stage.ts';

let scene: Scene;
let stage: Stage;
let proxy: FaultProxy;
let places: Places;
let plan: ResolvedPlan;
let local: string;
const workers: Program[] = [];

beforeAll(async () => {
  [scene, places] = await Promise.all([openScene({ zones: [], tables: manyBytes }), openPlaces()]);
  ({ stage, proxy } = scene);
  const directory = await scene.directory('local');
  local = directory.path;
  // Before the worker starts: it takes the bucket's credentials from our environment.
  const offsite = scene.bucket({ zone: 'fra' });
  await startWorker();
  await scene.apply({ local: directory.lines, offsite }, { both: { copies: ['local', 'offsite'] } });
  plan = scene.plan('both');
});

afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.kill()));
  await Promise.all([scene?.close(), places?.close()]);
});

const startWorker = (): Promise<Program> => startWorkerOf({ stage, places }, workers);

const current = (): Program => {
  const worker = workers.at(-1);
  if (worker === undefined) throw new Error('no worker was started');
  return worker;
};

/** Starts a restore from the bucket for each number of jobs, and waits until the downloads have gone silent. */
async function startRestores(
  backupId: string,
  jobs: number[],
): Promise<WorkflowHandle<Workflows['restore']>[]> {
  const rule = proxy.add({
    method: 'GET',
    path: /data-/,
    times: 20,
    action: { do: 'stall-download', afterBytes: 2 ** 20 },
  });
  const start = (count: number) =>
    stage.start('restore', {
      ...askFor(plan, backupId),
      zone: 'fra',
      candidates: plan.copies.filter(({ name }) => name === 'offsite'),
      keep: 0,
      jobs: count,
    });
  const handles = await Promise.all(jobs.map(start));
  await eventually(async () => expect(rule.hits()).toBeGreaterThanOrEqual(jobs.length), 60);
  return handles;
}

/** Decrypted dumps, which several jobs of pg_restore read from a file. */
const dumps = async () => (await pathsBelow(places.work)).filter((path) => /\/dump-\d+$/.test(path));

const commandsOf = (processes: Process[]) => processes.map(({ command }) => command);

describe('a worker that is killed with a dump and restores in its hands', () => {
  let earlier: string;
  let backup: WorkflowHandle<Workflows['backup']>;
  let restores: WorkflowHandle<Workflows['restore']>[];
  let backupId: string;

  beforeAll(async () => {
    earlier = (await stage.execute('backup', { plan })).backupId;
    [backup, restores] = await Promise.all([scene.startMidway(plan), startRestores(earlier, [1, 2])]);
  });

  it('leaves no process, neither of the dump nor of the restores', async () => {
    const children = await eventually(async () => {
      const found = await descendantsOf(current().pid);
      expect(commandsOf(found)).toEqual(
        expect.arrayContaining(['pg_dump', 'zstd', 'gpg', 'postgres', 'pg_restore', 'dd']),
      );
      return found;
    }, 30);
    await current().kill();
    await eventually(async () => expect(await livingOf(children)).toEqual([]), 20);
  });

  it('leaves directories, which the next worker of the host removes, with every daemon in them', async () => {
    expect(await readdir(places.work)).not.toEqual([]);
    expect(await readdir(places.scratch)).not.toEqual([]);
    const decrypted = await dumps();
    expect(decrypted).toHaveLength(1);
    proxy.clear();
    const next = await startWorker();
    expect(await dumps()).not.toEqual(expect.arrayContaining(decrypted));
    expect(next.said()).toContain('Removed what a worker that is gone had left behind');
    await eventually(async () => {
      expect(commandsOf(await processesOf(places.work))).toEqual([process.execPath]);
    }, 20);
  });

  it('is replaced by the other worker, for the dump and for the restores', async () => {
    const made = await backup.result();
    expect(made).toMatchObject({ result: 'passed', rows: manyRows, exceptions: [] });
    for (const restore of restores)
      expect(await restore.result()).toMatchObject({
        result: 'passed',
        rows: manyRows,
        differences: [],
        exceptions: [],
      });
    backupId = made.backupId;
    const manifests = await pathsBelow(local, 'manifest.json');
    expect(manifests.filter((path) => path.endsWith('manifest.json'))).toHaveLength(2);
    expect(await readdir(places.work)).toEqual([]);
    expect(await readdir(places.scratch)).toEqual([]);
  });

  it('leaves debris that a sweep removes, and every backup stays whole', async () => {
    const swept = await Promise.all(
      plan.copies.map((repository) => stage.execute('sweep', { repository, graceSeconds: 0, dryRun: false })),
    );
    expect(swept.map(({ unfinishedUploads }) => unfinishedUploads)).toEqual([1, 1]);
    expect((await pathsBelow(local)).filter((path) => path.includes('part'))).toEqual([]);
    expect(await filesOfBackup(local, backupId)).toHaveLength(6);
    for (const id of [earlier, backupId]) {
      const verified = await stage.execute('verify', {
        ...askFor(plan, id),
        repositories: plan.copies,
        deep: true,
      });
      expect(verified.result).toBe('passed');
    }
  });
});

describe('a worker that is told to stop', () => {
  it('ends its processes, hands the work back at once, and leaves nothing behind', async () => {
    const backup = await scene.startMidway(plan);
    const stopped = current();
    const children = await descendantsOf(stopped.pid);
    expect(commandsOf(children)).toEqual(expect.arrayContaining(['pg_dump', 'zstd', 'gpg']));
    stopped.signal('SIGTERM');
    expect(await stopped.ended).toEqual({ code: 0, signal: null });
    expect(await livingOf(children)).toEqual([]);
    expect(await processesOf(places.work)).toEqual([]);
    expect(await readdir(places.work)).toEqual([]);
    proxy.clear();
    const next = await startWorker();
    expect(next.said()).not.toContain('Removed what');
    expect(await backup.result()).toMatchObject({ result: 'passed', rows: manyRows });
    expect(await pathsBelow(local)).not.toContainEqual(expect.stringContaining('part'));
    const { events } = await backup.fetchHistory();
    const timedOut = (events ?? []).filter((event) => event.activityTaskTimedOutEventAttributes);
    const lost = (events ?? []).flatMap((event) => {
      const failure = event.activityTaskStartedEventAttributes?.lastFailure;
      return failure?.timeoutFailureInfo ? [failure] : [];
    });
    expect([...timedOut, ...lost]).toEqual([]);
  });
});
