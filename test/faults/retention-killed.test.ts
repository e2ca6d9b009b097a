import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ResolvedPlan } from '../../policy/resolved.ts';
import type { FaultRule } from '../../tools/servers/fault-proxy.ts';
import { eventually } from '../../tools/servers/index.ts';
import { type KeptScene, openKeptScene } from '../support/kept.ts';
import { idOfDay, idsOfDays, makePast, pastIn } from '../support/past.ts';
import { openPlaces, type Places } from '../support/places.ts';
import { type Program, startProgram } from '../support/program.ts';

let scene: KeptScene;
let places: Places;
const workers: Program[] = [];

beforeAll(async () => {
  [scene, places] = await Promise.all([openKeptScene([]), openPlaces()]);
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

/** Where in a run the worker dies: at its first request of this kind. */
const phases: [string, FaultRule][] = [
  ['surveys', { method: 'GET', query: { 'list-type': /2/, prefix: /\/shop\/$/ }, action: { do: 'hang' } }],
  ['asks for locks', { method: 'GET', query: { retention: /^/ }, action: { do: 'hang' } }],
  ['promotes, before the first marker', { method: 'PUT', path: /keep\.weekly/, action: { do: 'hang' } }],
  ['promotes, between two markers', { method: 'PUT', path: /keep\.weekly/, skip: 1, action: { do: 'hang' } }],
  ['removes, before its marker', { method: 'PUT', path: /deleting\./, action: { do: 'hang' } }],
  [
    'removes, halfway through a copy',
    { method: 'POST', query: { delete: /^/ }, skip: 1, action: { do: 'hang' } },
  ],
  ['writes down the run', { method: 'PUT', path: /_retention/, action: { do: 'hang' } }],
];

describe('retention, when its worker is killed while it', () => {
  let worker: Program;
  let plan: ResolvedPlan;

  beforeAll(async () => {
    worker = await startWorker();
  });

  it.each(phases)('%s, is finished by the next one, and nothing is lost', async (_, rule) => {
    plan = await scene.plan({ daily: '3d', weekly: '4w' });
    await makePast(scene.stage.lab, plan.copies, idsOfDays(12, 0));
    const { hash, counts } = await scene.stage.execute('retention', { plan, mode: 'preview' });
    const hit = scene.proxy.add({ ...rule, times: 50 });
    const handle = await scene.stage.start('retention', { plan, mode: 'run', expect: hash, by: 'dba-1' });
    await eventually(async () => expect(hit.hits()).toBeGreaterThan(0), 60);
    await worker.kill();
    scene.proxy.clear();
    worker = await startWorker();
    const done = await handle.result();
    expect(done).toMatchObject({
      result: 'passed',
      exceptions: [],
      counts,
      promoted: 2 * counts.promote,
      expired: 2 * counts.expire,
    });
    const [local = [], offsite = []] = await scene.left(plan);
    expect(local).toHaveLength(13 - counts.expire);
    expect(offsite).toEqual(local);
    expect(local).toContain(idOfDay(0));
    for (const copy of plan.copies) {
      const files = [...(await pastIn(copy)).values()].flat();
      expect(files.filter((name) => name.startsWith('keep.weekly.'))).toHaveLength(counts.promote);
      expect(files.filter((name) => name.startsWith('deleting.'))).toEqual([]);
    }
    expect(await scene.stage.execute('retention', { plan, mode: 'run' })).toMatchObject({
      result: 'passed',
      promoted: 0,
      expired: 0,
    });
  });
});
