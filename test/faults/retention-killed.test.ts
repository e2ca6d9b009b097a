import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ResolvedPlan } from '../../policy/resolved.ts';
import type { FaultRule } from '../../tools/servers/fault-proxy.ts';
import { eventually } from '../../tools/servers/index.ts';
import type { RetentionResult } from '../../workflows/contract-retention.ts';
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

type Phase = { what: string; ruleFor(prefix: string): FaultRule };

const hang = { do: 'hang' } as const;

const inside = (prefix: string, name = ''): RegExp => new RegExp(`/${prefix}/.*${name}`);

/** Where in a run the worker dies: at its first request of this kind below the run's own prefix. */
const byKey: Phase[] = [
  {
    what: 'surveys',
    ruleFor: (prefix) => ({
      method: 'GET',
      query: { 'list-type': /2/, prefix: new RegExp(`${prefix}/shop/$`) },
      action: hang,
    }),
  },
  {
    what: 'asks for locks',
    ruleFor: (prefix) => ({ method: 'GET', path: inside(prefix), query: { retention: /^/ }, action: hang }),
  },
  {
    what: 'promotes, before the first marker',
    ruleFor: (prefix) => ({ method: 'PUT', path: inside(prefix, 'keep\\.weekly'), action: hang }),
  },
  {
    what: 'promotes, between two markers',
    ruleFor: (prefix) => ({ method: 'PUT', path: inside(prefix, 'keep\\.weekly'), skip: 1, action: hang }),
  },
  {
    what: 'removes, before its marker',
    ruleFor: (prefix) => ({ method: 'PUT', path: inside(prefix, 'deleting\\.'), action: hang }),
  },
  {
    what: 'writes down the run',
    ruleFor: (prefix) => ({ method: 'PUT', path: inside(prefix, '_retention'), action: hang }),
  },
];

/** A request to remove many keys names them in its body alone, so it is nobody's own: it comes when all others hang. */
const halfway: Phase = {
  what: 'removes, halfway through a copy',
  ruleFor: () => ({ method: 'POST', query: { delete: /^/ }, skip: 1, action: hang }),
};

const phases = [...byKey, halfway];

type Run = {
  what: string;
  plan: ResolvedPlan;
  counts: RetentionResult['counts'];
  handle: Awaited<ReturnType<typeof begin>>;
};

const begin = (plan: ResolvedPlan, expect: string) =>
  scene.stage.start('retention', { plan, mode: 'run', expect, by: 'dba-1' });

/** Starts a run and waits until it hangs where the worker is to die. */
async function hangIn({ what, ruleFor }: Phase): Promise<Run> {
  const plan = await scene.plan({ daily: '3d', weekly: '4w' });
  await makePast(scene.stage.lab, plan.copies, idsOfDays(12, 0));
  const { hash, counts } = await scene.stage.execute('retention', { plan, mode: 'preview' });
  const bucket = plan.copies.find((copy) => copy.kind === 's3');
  const hit = scene.proxy.add({ ...ruleFor(bucket?.prefix ?? ''), times: 50 });
  const handle = await begin(plan, hash);
  await eventually(async () => expect(hit.hits()).toBeGreaterThan(0), 60);
  return { what, plan, counts, handle };
}

async function expectFinished({ what, plan, counts, handle }: Run): Promise<void> {
  expect({ what, ...(await handle.result()) }).toMatchObject({
    what,
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
}

describe('retention, when its worker is killed', () => {
  const runs = new Map<string, Run>();

  // All of them hang in one worker at once, because another one takes over only after half a minute of silence.
  beforeAll(async () => {
    const worker = await startWorker();
    for (const phase of phases) runs.set(phase.what, await hangIn(phase));
    await worker.kill();
    scene.proxy.clear();
    await startWorker();
  });

  it.each(phases.map(({ what }) => what))(
    'while it %s: is finished by the next one, and nothing is lost',
    async (what) => {
      const run = runs.get(what);
      if (run === undefined) throw new Error('the run was not begun');
      await expectFinished(run);
    },
  );
});
