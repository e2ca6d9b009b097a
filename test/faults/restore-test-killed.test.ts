import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { keyOf, openStore } from '../../repository/index.ts';
import { eventually } from '../../tools/servers/index.ts';
import type { Workflows } from '../../workflows/contract.ts';
import type { RestoreTestInput } from '../../workflows/contract-restore-test.ts';
import { pathsBelow } from '../support/files.ts';
import { descendantsOf, livingOf, processesOf } from '../support/processes.ts';
import type { Program } from '../support/program.ts';
import { openProvingScene, type ProvingScene, startWorkerOf } from '../support/proving.ts';

let scene: ProvingScene;
const workers: Program[] = [];

beforeAll(async () => {
  scene = await openProvingScene(5000, []);
  await startWorkerOf(scene, workers);
  await scene.publish();
});

afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.kill()));
  await scene?.close();
});

type Handle = WorkflowHandle<Workflows['restoreTest']>;

/** A test of a backup of its own, under a plan of its own name, so that what it writes is told apart. */
async function start(name: string, backupId: string, rest: Partial<RestoreTestInput> = {}): Promise<Handle> {
  const question = scene.question({}, { from: 'offsite', choice: { kind: 'backup', backupId }, ...rest });
  return scene.stage.start('restoreTest', { ...question, plan: { ...question.plan, name } });
}

const hang = { do: 'hang' } as const;

/** Starts a test and waits until it stands still in the phase. */
const phases: Record<string, (backupId: string) => Promise<Handle>> = {
  restoring: async (backupId) => {
    const action = { do: 'stall-download', afterBytes: 20_000 } as const;
    const rule = scene.proxy.add({ method: 'GET', path: new RegExp(`${backupId}/data-`), times: 20, action });
    const handle = await start('restoring', backupId);
    await eventually(async () => expect(rule.hits()).toBeGreaterThan(0), 60);
    return handle;
  },
  checking: async (backupId) => {
    const file = join(scene.stage.lab.directory, 'checking');
    const script = `test -e ${file} && exit 0; echo > ${file}; exec sleep 600`;
    const question = scene.question({ command: { run: ['sh', '-c', script], timeout: 900, secrets: {} } });
    const handle = await start('checking', backupId, { test: question.test });
    await eventually(() => stat(file), 60);
    return handle;
  },
  healing: async (backupId) => {
    const { source, copies } = scene.plan;
    const offsite = copies.find(({ name }) => name === 'offsite');
    const name = (await pathsBelow(scene.near, backupId))
      .find((path) => path.includes('/data-'))
      ?.split('/')
      .at(-1);
    if (offsite === undefined || name === undefined) throw new Error('the backup is not in the bucket');
    const store = await openStore(offsite);
    const upload = await store.startReplacement(keyOf({ source: source.name, backupId }, name));
    await upload.write(Buffer.from('not what was backed up'));
    await upload.finish();
    store.close();
    const rule = scene.proxy.add({
      method: 'PUT',
      path: new RegExp(`${backupId}/data-`),
      times: 20,
      action: hang,
    });
    const handle = await start('healing', backupId);
    await eventually(async () => expect(rule.hits()).toBeGreaterThan(0), 60);
    return handle;
  },
  reporting: async (backupId) => {
    const rule = scene.proxy.add({
      method: 'PUT',
      path: /_evidence\/.*reporting\.json$/,
      times: 20,
      action: hang,
    });
    const handle = await start('reporting', backupId);
    await eventually(async () => expect(rule.hits()).toBeGreaterThan(0), 60);
    return handle;
  },
  marking: async (backupId) => {
    const rule = scene.proxy.add({
      method: 'PUT',
      path: new RegExp(`${backupId}/tested\\.`),
      times: 20,
      action: hang,
    });
    const handle = await start('marking', backupId);
    await eventually(async () => expect(rule.hits()).toBeGreaterThan(0), 60);
    return handle;
  },
  // Last, because it holds up the surveys of all.
  surveying: async (backupId) => {
    const rule = scene.proxy.add({
      method: 'GET',
      query: { 'list-type': /2/, prefix: /shop\/$/ },
      times: 20,
      action: hang,
    });
    const handle = await start('surveying', backupId);
    await eventually(async () => expect(rule.hits()).toBeGreaterThan(0), 60);
    return handle;
  },
};

describe('a worker that is killed with a restore test in each of its phases', () => {
  const runs = new Map<string, Handle>();

  beforeAll(async () => {
    // What is told apart by its plan's name shares a backup; what is told apart by its keys has one of its own.
    const [restored, healed, shared] = [await scene.backUp(), await scene.backUp(), await scene.backUp()];
    const own = new Map([
      ['restoring', restored],
      ['healing', healed],
    ]);
    const begin = async (phase: string) => {
      const handle = await phases[phase]?.(own.get(phase) ?? shared);
      if (handle !== undefined) runs.set(phase, handle);
    };
    await Promise.all(
      Object.keys(phases)
        .filter((phase) => phase !== 'surveying')
        .map(begin),
    );
    await begin('surveying');
  });

  it('leaves no process, and directories that the next worker removes', async () => {
    const [worker] = workers;
    if (worker === undefined) throw new Error('no worker was started');
    const children = await descendantsOf(worker.pid);
    expect(children.map(({ command }) => command)).toEqual(
      expect.arrayContaining(['postgres', 'pg_restore', 'sleep']),
    );
    await worker.kill();
    await eventually(async () => expect(await livingOf(children)).toEqual([]), 20);
    expect(await readdir(scene.places.scratch)).not.toEqual([]);
    scene.proxy.clear();
    expect((await startWorkerOf(scene, workers)).said()).toContain(
      'Removed what a worker that is gone had left behind',
    );
  });

  it.each(Object.keys(phases).filter((phase) => phase !== 'healing'))(
    '%s: the next worker proves the backup',
    async (phase) => {
      const result = await runs.get(phase)?.result();
      expect(result).toMatchObject({
        verdict: 'proven',
        attempts: [{ repository: 'offsite', scratchGone: true }],
      });
      expect(result?.evidence?.stored).toContain('offsite');
    },
  );

  it('healing: the next worker heals the copy', async () => {
    const result = await runs.get('healing')?.result();
    expect(result).toMatchObject({
      verdict: 'disproven',
      healed: [{ repository: 'offsite', outcome: 'healed' }],
    });
    const again = await (await start('healed', result?.backup?.backupId ?? '')).result();
    expect(again).toMatchObject({ verdict: 'proven', attempts: [{ repository: 'offsite' }] });
  });

  it('nothing of any of them is left', async () => {
    await eventually(async () => {
      expect(await processesOf(scene.places.scratch)).toHaveLength(1);
      expect(await readdir(scene.places.scratch)).toEqual([]);
      expect(await readdir(scene.places.work)).toEqual([]);
    }, 20);
  });
});
