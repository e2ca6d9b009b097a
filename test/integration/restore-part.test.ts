import { readdir } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ResolvedPlan } from '../../policy/resolved.ts';
import { eventually } from '../../tools/servers/index.ts';
import type { RestoreInput } from '../../workflows/contract-restore.ts';
import { holdfast } from '../support/cli.ts';
import { openPlaces, type Places } from '../support/places.ts';
import { processesOf } from '../support/processes.ts';
import { askFor, openScene, type Scene } from '../support/scene.ts';

let scene: Scene;
let places: Places;
let plan: ResolvedPlan;
let backupId: string;

const odd = 'Odd "Items" & co.';

beforeAll(async () => {
  [scene, places] = await Promise.all([
    openScene({
      zones: ['fra'],
      tables: `create schema sales;
        create type mood as enum ('good', 'bad');
        create table orders (id bigserial primary key, note text not null, mood mood);
        create index orders_note on orders (note);
        create table sales.orders (id int primary key);
        create table lines (id int primary key, "order" bigint references orders);
        create table "Odd ""Items"" & co." (id int primary key, at timestamptz not null default now());
        insert into orders (note) select md5(i::text) from generate_series(1, 500) i;
        insert into sales.orders select i from generate_series(1, 30) i;
        insert into lines select i, i from generate_series(1, 70) i;
        insert into "Odd ""Items"" & co." select i from generate_series(1, 11) i;
        create materialized view summary as select 100 / count(*) as share from lines`,
    }),
    openPlaces(),
  ]);
  process.env.HOLDFAST_SCRATCH_DIR = places.scratch;
  const near = await scene.directory('near');
  await scene.apply({ near: near.lines }, { all: { copies: ['near'], fingerprint: 'checksums' } });
  plan = scene.plan('all');
  backupId = (await scene.stage.execute('backup', { plan })).backupId;
});

afterAll(async () => {
  delete process.env.HOLDFAST_SCRATCH_DIR;
  await Promise.all([scene?.close(), places?.close()]);
});

/** Law 13, and no decrypted dump is left anywhere. */
afterEach(() =>
  eventually(async () => {
    expect(await processesOf(places.scratch)).toEqual([]);
    expect(await readdir(places.scratch)).toEqual([]);
    expect(await readdir(scene.stage.orchestra.workRoot)).toEqual([]);
  }, 30),
);

const restore = (part: Partial<RestoreInput>, ofBackup = backupId) =>
  scene.stage.execute('restore', {
    ...askFor(plan, ofBackup),
    ...{ zone: 'fra', candidates: plan.copies, keep: 0 },
    ...part,
  });

const cli = (...args: string[]) =>
  holdfast(args, {
    env: {
      TEMPORAL_ADDRESS: scene.stage.orchestra.temporal.address,
      HOLDFAST_POLICY: scene.stage.lab.policyFile,
    },
  });

describe('a restore of a part', () => {
  it.each<[string, string[], { tables: number; rows: number }]>([
    ['one table', ['public.orders'], { tables: 1, rows: 500 }],
    ['two tables', ['lines', 'sales.orders'], { tables: 2, rows: 100 }],
    ['a table whose name wants quotes', [odd], { tables: 1, rows: 11 }],
  ])('%s: its rows alone, compared, and the rest is told', async (_name, tables, counts) => {
    const result = await restore({ scope: { tables } });
    expect(result).toMatchObject({ result: 'passed-with-exceptions', differences: [], ...counts });
    expect(result.exceptions).toEqual(result.leftOut);
    expect(result.leftOut).toEqual([
      expect.stringMatching(/^Rows were restored of .* alone: every other table is there, and empty\.$/),
      'Foreign keys were left out: 1.',
      'Materialized views were not filled: 1.',
    ]);
  });

  it('the same by several jobs', async () => {
    const result = await restore({ scope: { tables: [odd] }, jobs: 3 });
    expect(result).toMatchObject({ differences: [], tables: 1, rows: 11 });
  });

  it('no rows', async () => {
    for (const jobs of [1, 2]) {
      const result = await restore({ scope: { schemaOnly: true }, jobs });
      expect(result).toMatchObject({ result: 'passed-with-exceptions', differences: [], tables: 0, rows: 0 });
      expect(result.leftOut).toEqual([
        'No rows were restored: every table is empty.',
        'Materialized views were not filled: 1.',
      ]);
    }
  });

  it('no roles', async () => {
    const result = await restore({ globals: false });
    expect(result).toMatchObject({ result: 'passed-with-exceptions', differences: [], tables: 4, rows: 611 });
    expect(result.leftOut).toEqual(['Roles, owners and rights were left out.']);
  });

  it('everything by several jobs is the whole', async () => {
    const result = await restore({ jobs: 2 });
    expect(result).toMatchObject({ result: 'passed', differences: [], tables: 4, rows: 611, exceptions: [] });
    expect(result).not.toHaveProperty('leftOut');
  });

  it('of a table that is not there is refused', async () => {
    await expect(restore({ scope: { tables: ['ordres'] } })).rejects.toThrow();
    const told = await cli('restore', backupId, '--into-scratch', '--table', 'ordres');
    expect(told.stderr).toContain('The backup has no rows of a table ordres.');
  });
});

describe('the command line', () => {
  it('restores a part, says what it left out, and is content', async () => {
    const told = await cli(
      'restore',
      backupId,
      '--into-scratch',
      '--table',
      odd,
      '--jobs',
      '2',
      '--no-globals',
    );
    expect(told).toMatchObject({ code: 0 });
    expect(told.stdout).toContain('11 rows in 1 table');
    expect(told.stdout).toContain(`Rows were restored of public.${odd} alone`);
    expect(told.stdout).toContain('Roles, owners and rights were left out.');
  });

  it.each([
    [['--table', 'orders', '--schema-only'], 'not both'],
    [['--jobs', '0'], 'whole number from 1'],
  ])('refuses %j', async (options, sentence) => {
    const told = await cli('restore', backupId, '--into-scratch', ...options);
    expect(told.code).toBe(2);
    expect(told.stderr).toContain(sentence);
  });

  it('switches no part in', async () => {
    const told = await cli(
      'restore',
      backupId,
      '--switch-into',
      '--table',
      'orders',
      '--as',
      'a',
      '--reason',
      'b',
    );
    expect(told.code).toBe(2);
    expect(told.stderr).toContain('What takes the place of a live database is all of it.');
  });
});
