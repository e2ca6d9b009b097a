import { readdir } from 'node:fs/promises';
import { expect } from '@jest/globals';
import type { ResolvedPlan } from '../../policy/resolved.ts';
import type { ResolvedRestoreTest } from '../../policy/resolved-proof.ts';
import { eventually } from '../../tools/servers/index.ts';
import type { RestoreTestInput, RestoreTestResult } from '../../workflows/contract-restore-test.ts';
import { queryDatabase } from './database.ts';
import { openPlaces, type Places } from './places.ts';
import { processesOf } from './processes.ts';
import { type Program, startProgram } from './program.ts';
import { openScene, type Scene } from './scene.ts';

/** What a restored database does to itself, once it is restored. */
export type Sabotage = 'nothing' | 'row missing' | 'row changed' | 'sequence behind' | 'index invalid';

/** A stage whose database is backed up into three repositories, and restored where a test sees what is left. */
export type ProvingScene = Omit<Scene, 'plan'> & {
  places: Places;
  /** The directories of the first two repositories, `near` and `next`; the third one is the bucket `offsite`. */
  near: string;
  next: string;
  plan: ResolvedPlan;
  /** Publishes the policy; done already where zones have a worker of this process. */
  publish(): Promise<void>;
  /** Backs up the database, which does this to itself when it is restored. */
  backUp(sabotage?: Sabotage): Promise<string>;
  question(test?: Partial<ResolvedRestoreTest>, rest?: Partial<RestoreTestInput>): RestoreTestInput;
  test(test?: Partial<ResolvedRestoreTest>, rest?: Partial<RestoreTestInput>): Promise<RestoreTestResult>;
  /** Law 13: whatever became of a test, nothing of it is left on this host. */
  nothingLeft(): Promise<void>;
};

/** Starts a worker of the scene in a process of its own, which is in the list before it works. */
export async function startWorkerOf(
  { stage, places }: Pick<ProvingScene, 'stage' | 'places'>,
  workers: Program[],
): Promise<Program> {
  const worker = startProgram(['worker', '--zone', 'fra'], {
    TEMPORAL_ADDRESS: stage.orchestra.temporal.address,
    ...places.environment,
  });
  workers.push(worker);
  await worker.saying('Working');
  return worker;
}

/** A table whose name wants quotes, in every way. */
export const quotedTable = 'public."Odd ""Items"" & co."';

/**
 * A view that is refreshed at the end of a restore asks this function, which does to the scratch database, and to no
 * other, what a restore that went wrong without a word would do.
 */
const tables = (rows: number) => `
  create table ${quotedTable} (id bigserial primary key, note text not null, at timestamptz not null);
  insert into ${quotedTable} (note, at)
    select md5(i::text), now() - i * interval '1 second' from generate_series(1, ${rows}) i;
  create table orders (id bigserial primary key, note text not null);
  insert into orders (note) select md5(i::text) from generate_series(1, 100) i;
  create index orders_note on orders (note);
  create table wanted (what text not null);
  insert into wanted values ('nothing');
  create function sabotage() returns int language plpgsql as $body$
    begin
      if current_setting('listen_addresses') <> '' then return 0; end if;
      case (select what from public.wanted)
        when 'row missing' then delete from ${quotedTable} where id = 7;
        when 'row changed' then update ${quotedTable} set note = 'another' where id = 7;
        when 'sequence behind' then perform setval('public.orders_id_seq', 5);
        when 'index invalid' then
          update pg_catalog.pg_index set indisvalid = false where indexrelid = 'public.orders_note'::regclass;
        else null;
      end case;
      return 0;
    end $body$;
  create materialized view saboteur as select public.sabotage() as done;`;

export async function openProvingScene(
  rows: number,
  zones: string[] = ['fra'],
  bucket: { lock?: boolean } = {},
): Promise<ProvingScene> {
  const [scene, places] = await Promise.all([
    openScene({ zones, tables: tables(rows), ...bucket }),
    openPlaces(),
  ]);
  process.env.HOLDFAST_SCRATCH_DIR = places.scratch;
  const { stage } = scene;
  const [first, second] = await Promise.all([scene.directory('near'), scene.directory('next')]);
  const offsite = scene.bucket({ zone: 'fra', ...(bucket.lock ? { lock: 'governance' } : {}) });
  const apply = () =>
    scene.apply(
      { near: first.lines, next: second.lines, offsite },
      {
        all: {
          copies: ['near', 'next', 'offsite'],
          fingerprint: 'checksums',
          restoreTest: { recent: { table: 'Odd "Items" & co.', column: 'at' } },
        },
      },
    );
  if (zones.length > 0) await apply();
  const plan = () =>
    scene.plan('all', (each) => {
      each.tier = { name: 'critical', rpo: 86_400, rto: 3600 };
    });
  const question: ProvingScene['question'] = (test = {}, rest = {}) => ({
    plan: plan(),
    test: {
      pick: { kind: 'latest' },
      zone: 'fra',
      from: ['near', 'next', 'offsite'],
      smoke: ['select count(*) = 100 from orders'],
      jobs: 1,
      ...test,
    },
    ...rest,
  });
  return {
    ...scene,
    places,
    near: first.path,
    next: second.path,
    get plan() {
      return plan();
    },
    publish: async () => {
      await apply();
    },
    backUp: async (sabotage = 'nothing') => {
      await queryDatabase(scene.postgres, 'shop', `update wanted set what = '${sabotage}'`);
      return (await stage.execute('backup', { plan: plan() })).backupId;
    },
    question,
    test: (test, rest) => stage.execute('restoreTest', question(test, rest)),
    nothingLeft: () =>
      eventually(async () => {
        expect(await processesOf(places.scratch)).toEqual([]);
        expect(await readdir(places.scratch)).toEqual([]);
        expect(await readdir(stage.orchestra.workRoot)).toEqual([]);
      }, 20),
    close: async () => {
      delete process.env.HOLDFAST_SCRATCH_DIR;
      await Promise.all([scene.close(), places.close()]);
    },
  };
}
