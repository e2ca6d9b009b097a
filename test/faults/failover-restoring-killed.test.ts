import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import type { ResolvedPlan } from '../../policy/resolved.ts';
import type { PostgresTarget, ResolvedStep } from '../../policy/resolved-failover.ts';
import { eventually } from '../../tools/servers/index.ts';
import { sql } from '../support/postgres-trip.ts';
import { descendantsOf, livingOf, processesOf } from '../support/processes.ts';
import type { Program } from '../support/program.ts';
import { openProvingScene, type ProvingScene, startWorkerOf } from '../support/proving.ts';
import { failoverInput, runbook, step } from '../support/runbooks.ts';

let scene: ProvingScene;
let target: PostgresTarget;
let holder: Client;
const workers: Program[] = [];

beforeAll(async () => {
  scene = await openProvingScene(5000, []);
  await startWorkerOf(scene, workers);
  await scene.publish();
  await scene.backUp();
  expect(await scene.test({ from: ['offsite'] })).toMatchObject({ verdict: 'proven' });
  target = await targetHere();
  holder = new Client({ connectionString: scene.postgres.url('shop') });
  await holder.connect();
});

afterAll(async () => {
  await holder?.end();
  await Promise.all(workers.map((worker) => worker.kill()));
  await scene?.close();
});

/** The server of the scene; the worker is another process, so that its password is in a file. */
async function targetHere(): Promise<PostgresTarget> {
  const { host, port, superuser, password } = scene.postgres;
  const file = join(scene.stage.lab.directory, 'target-password');
  await writeFile(file, password, { mode: 0o600 });
  const place = { kind: 'postgres', name: 'shop-dr', zone: 'fra', database: 'shop' } as const;
  return { ...place, host, port, user: superuser, password: { file }, ssl: { mode: 'disable' } };
}

/** The plan as a recovery site knows it: only the copy in the bucket is left. */
const plan = (): ResolvedPlan => {
  const known = scene.plan;
  return { ...known, copies: known.copies.filter(({ name }) => name === 'offsite') };
};

const start = (name: string, of: ResolvedStep) =>
  scene.stage.start('failover', failoverInput(runbook([{ ...of, zone: 'fra' }], { name, lost: [] })));

const databases = async () =>
  (await sql(scene.postgres, 'postgres', 'select datname from pg_database order by 1')).map(
    (row) => Object(row).datname,
  );

/** A look would read what hangs: each step stands still in what it does. */
describe('a worker that is killed with steps in its hands that read what is restored', () => {
  const runs = new Map<string, Awaited<ReturnType<typeof start>>>();

  beforeAll(async () => {
    await holder.query('begin; lock table orders in access exclusive mode');
    const stalls = scene.proxy.add({
      method: 'GET',
      path: /\/data-/,
      times: 50,
      action: { do: 'stall-download', afterBytes: 20_000 },
    });
    const queries = ['select count(*) = 100 from orders'];
    runs.set(
      'restore',
      await start(
        'restore',
        step('restore', { do: 'restore', plan: plan(), target, database: 'recovered' }, { timeout: 600 }),
      ),
    );
    runs.set(
      'backups.verify',
      await start(
        'verify',
        step('verify', { do: 'backups.verify', plans: [plan()], tested: 86_400 }, { timeout: 600 }),
      ),
    );
    runs.set(
      'sql.check',
      await start('ask', step('ask', { do: 'sql.check', target, queries, within: 500 }, { timeout: 600 })),
    );
    await eventually(async () => {
      expect(stalls.hits()).toBeGreaterThanOrEqual(2);
      const waiting =
        "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%orders%'";
      expect(await sql(scene.postgres, 'postgres', waiting)).not.toEqual([]);
      expect((await databases()).some((name) => name.startsWith('holdfast_'))).toBe(true);
    }, 60);
  });

  it('leaves no process, and is followed by one that takes over', async () => {
    const [worker] = workers;
    if (worker === undefined) throw new Error('no worker was started');
    const children = await descendantsOf(worker.pid);
    expect(children.map(({ command }) => command)).toEqual(expect.arrayContaining(['pg_restore', 'gpg']));
    await worker.kill();
    await eventually(async () => expect(await livingOf(children)).toEqual([]), 20);
    scene.proxy.clear();
    await holder.query('rollback');
    await startWorkerOf(scene, workers);
  });

  it.each(['restore', 'backups.verify', 'sql.check'])('%s: is done by the next', async (name) => {
    const result = await runs.get(name)?.result();
    expect(result).toMatchObject({ steps: [{ state: 'passed' }] });
  });

  it('restored one database, whole, and left nothing else', async () => {
    expect(await sql(scene.postgres, 'recovered', 'select count(*)::int as n from orders')).toEqual([
      { n: 100 },
    ]);
    await eventually(async () => {
      expect(await databases()).toEqual(['postgres', 'recovered', 'shop', 'template0', 'template1']);
      expect(await processesOf(scene.places.scratch)).toHaveLength(1);
      expect(await readdir(scene.places.scratch)).toEqual([]);
      expect(await readdir(scene.places.work)).toEqual([]);
    }, 20);
  });
});
