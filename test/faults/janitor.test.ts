import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ResolvedPolicy } from '../../policy/resolved.ts';
import { checksInput } from '../../schedules/index.ts';
import { eventually } from '../../tools/servers/index.ts';
import { openPlaces, type Places } from '../support/places.ts';
import { type Program, startProgram } from '../support/program.ts';
import { askFor, manyBytes, openScene, type Scene } from '../support/scene.ts';

let scene: Scene;
let places: Places;
let policy: ResolvedPolicy;
const workers: Program[] = [];

beforeAll(async () => {
  [scene, places] = await Promise.all([openScene({ zones: [], tables: manyBytes }), openPlaces()]);
  const offsite = scene.bucket({ zone: 'fra' });
  await startWorker();
  policy = await scene.apply({ offsite }, { daily: { copies: ['offsite'] } });
});

afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.kill()));
  await Promise.all([scene?.close(), places?.close()]);
});

async function startWorker(): Promise<Program> {
  const worker = startProgram(['worker', '--zone', 'fra'], {
    TEMPORAL_ADDRESS: scene.stage.orchestra.temporal.address,
    ...places.environment,
  });
  workers.push(worker);
  await worker.saying('Working');
  return worker;
}

/** What lies about of workers on this host: scratch places and private directories. */
async function leftovers(): Promise<string[]> {
  const scratch = (await readdir(places.scratch)).map((name) => join(places.scratch, name));
  return [...scratch, ...(await readdir(places.work))];
}

describe('what a killed worker leaves', () => {
  it('is removed by another worker of its host while that works on, and told', async () => {
    const { stage, proxy } = scene;
    const plan = scene.plan('daily');
    const { backupId } = await stage.execute('backup', { plan });
    const rule = proxy.add({
      method: 'GET',
      path: /data-/,
      times: 20,
      action: { do: 'stall-download', afterBytes: 2 ** 20 },
    });
    const restore = await stage.start('restore', {
      ...askFor(plan, backupId),
      zone: 'fra',
      candidates: plan.copies,
      keep: 0,
    });
    await eventually(async () => expect(rule.hits()).toBeGreaterThan(0), 60);
    const [killed] = workers;
    const janitor = await startWorker();
    const left = await leftovers();
    expect(left.length).toBeGreaterThanOrEqual(2);
    await killed?.kill();
    await restore.terminate('nobody is to make another scratch place');
    proxy.clear();
    const result = await stage.execute('health', { ...checksInput(policy), quiet: true });
    expect(result.tidied).toEqual([{ zone: 'fra', removed: expect.arrayContaining(left) }]);
    const now = await leftovers();
    expect(now.filter((name) => left.includes(name))).toEqual([]);
    expect(janitor.said()).toContain('Removed what a worker that is gone had left behind');
  });

  it('is not touched while its worker lives', async () => {
    const { stage, proxy } = scene;
    const plan = scene.plan('daily');
    const rule = proxy.add({ method: 'PUT', path: /data-/, times: 20, action: { do: 'hang' } });
    const backup = await stage.start('backup', { plan });
    await eventually(async () => expect(rule.hits()).toBeGreaterThan(0), 60);
    const result = await stage.execute('health', { ...checksInput(policy), quiet: true });
    expect(result.tidied).toEqual([]);
    proxy.clear();
    expect(await backup.result()).toMatchObject({ result: 'passed' });
  });
});
