import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ResolvedRefresh } from '../../policy/resolved-proof.ts';
import { eventually } from '../../tools/servers/index.ts';
import { type Development, openDevelopment } from '../support/development.ts';
import { pathsBelow, readingsOf } from '../support/files.ts';
import { sql } from '../support/postgres-trip.ts';
import { failureOf } from '../support/stage.ts';

describe('a refresh', () => {
  let place: Development;

  beforeAll(async () => {
    place = await openDevelopment();
  });

  afterAll(async () => {
    await place?.close();
  });

  const scratches = async () => (await place.databases()).filter((name) => name.startsWith('holdfast_'));

  it('lets nobody in before everything is masked, and then the owner', async () => {
    const slow = [...place.input().refresh.mask, 'select pg_sleep(2)'];
    const handle = await place.stage.start('refresh', place.input({ mask: slow }));
    let over = false;
    const result = handle.result().finally(() => {
      over = true;
    });
    let tried = 0;
    await eventually(async () => expect(await scratches()).toHaveLength(1), 60);
    expect((await readingsOf(place.local.path, place.backupId)).open).toBe(1);
    while (!over)
      for (const database of await scratches())
        for (const user of ['developers', 'stranger']) {
          expect(await place.connects(user, database)).toBe(false);
          tried += 1;
        }
    expect(await result).toMatchObject({
      result: 'passed',
      backup: { source: 'shop', backupId: place.backupId },
      repository: 'local',
      trimmed: 1,
      masked: 2,
      verified: 1,
      exceptions: [],
    });
    expect((await result).evidence).toMatchObject({
      path: expect.stringMatching(/^refresh\/.*-shop-dev$/),
      stored: ['local'],
    });
    expect(tried).toBeGreaterThan(10);
    expect((await readingsOf(place.local.path, place.backupId)).open).toBe(0);
    expect(await place.connects('developers', 'shop_dev')).toBe(true);
    expect(await place.connects('stranger', 'shop_dev')).toBe(false);
    expect(new Set((await place.addresses()).map((address) => address.replace(/\d+/, '')))).toEqual(
      new Set(['masked-@invalid']),
    );
    expect(await sql(place.postgres, 'shop_dev', 'select count(*)::int as n from events')).toEqual([
      { n: 500 },
    ]);
    expect(await scratches()).toEqual([]);
  });

  it('lets nobody in while the scratch database is being made, who would stay in', async () => {
    const handle = await place.whileMade(async (made, run) => {
      for (const user of ['developers', 'stranger']) expect(await place.connects(user, made)).toBe(false);
      return run;
    });
    expect(await handle.result()).toMatchObject({ result: 'passed' });
    expect(await place.connects('developers', 'shop_dev')).toBe(true);
  });

  it('leaves no scratch database when it is cancelled while that is being made', async () => {
    const handle = await place.whileMade(async (_made, run) => {
      const asked = Date.now() / 1000;
      await run.cancel();
      // The worker hears of it by the answer to a heartbeat.
      await eventually(async () => {
        const [activity] = (await run.describe()).raw.pendingActivities ?? [];
        if (activity !== undefined)
          expect(Number(activity.lastHeartbeatTime?.seconds)).toBeGreaterThan(asked + 2);
      }, 30);
      return run;
    });
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    expect(await scratches()).toEqual([]);
  });

  it('takes the next copy where the nearest is not what was backed up, and says so', async () => {
    const nearest = { ...place.local, name: 'nearest', path: `${place.local.path}-nearest` };
    await cp(place.local.path, nearest.path, { recursive: true });
    const mark = join(nearest.path, '_holdfast.json');
    await writeFile(mark, (await readFile(mark, 'utf8')).replace('"local"', '"nearest"'));
    const [name] = (await pathsBelow(nearest.path, place.backupId)).filter((path) => /\/data-/.test(path));
    const path = join(nearest.path, name ?? '');
    const bytes = await readFile(path);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    await writeFile(path, bytes);
    const candidates = [nearest, place.local];
    expect(await place.stage.execute('refresh', place.input({ candidates }))).toMatchObject({
      result: 'passed-with-exceptions',
      repository: 'local',
      exceptions: [expect.stringMatching(/copy in nearest could not be used: .*data-.* SHA-256/)],
    });
    expect(await scratches()).toEqual([]);
  });

  it('leaves no file with what was there before it was masked', async () => {
    await sql(place.postgres, 'postgres', 'checkpoint');
    const rows = await sql(
      place.postgres,
      'shop_dev',
      `select pg_read_binary_file(pg_relation_filepath('customers')) like '%real-%'::bytea as found,
        (select count(*)::int from pg_stats where most_common_vals::text like '%real-%'
          or histogram_bounds::text like '%real-%') as remembered`,
    );
    expect(rows).toEqual([{ found: false, remembered: 0 }]);
  });

  it('replaces what it made before, while people use it, and runs the plan of the new one', async () => {
    await sql(place.postgres, 'shop_dev', 'delete from customers');
    const backups = structuredClone(place.plan);
    backups.name = 'dev-daily';
    backups.source.database = 'shop_dev';
    const result = await place.stage.execute('refresh', place.input({}, { followedBy: backups }));
    expect(result).toMatchObject({ result: 'passed', exceptions: [] });
    expect(await place.addresses()).toHaveLength(40);
    expect(await scratches()).toEqual([]);
    const followed = place.stage.orchestra.client.workflow.getHandle(result.backedUpBy ?? '');
    expect(await followed.result()).toMatchObject({ result: 'passed', plan: 'dev-daily', rows: 541 });
  });

  it.each<[string, Partial<ResolvedRefresh>, RegExp]>([
    [
      'a statement that PostgreSQL refuses',
      { mask: ['update nobody set x = 1'] },
      /Statement 1 of 1 of `mask` failed: relation "nobody"/,
    ],
    [
      'a statement that stumbles over the data',
      { trim: ['select email::int from customers'] },
      /`trim` failed: SQLSTATE 22P02/,
    ],
    ['a query that is not true', { mask: [] }, /Query 1 of 1 of `verify` did not answer true/],
    [
      'a statement that meets rows which row security hides',
      { mask: ['update diary set page = null'] },
      /row-level security policy/,
    ],
    ['a query without an answer', { verify: ['select true where false'] }, /did not answer true/],
  ])('publishes nothing after %s', async (_, changes, sentence) => {
    await sql(place.postgres, 'shop_dev', `update customers set email = 'as it was'`);
    const failure = await failureOf(place.stage.execute('refresh', place.input(changes)));
    expect(failure.sentence).toMatch(sentence);
    expect(failure.sentence).not.toContain('@customers');
    expect(new Set(await place.addresses())).toEqual(new Set(['as it was']));
    expect(await scratches()).toEqual([]);
  });

  it('publishes nothing where what was restored is not what was backed up', async () => {
    // A generated column that lies about being immutable has another value in another database.
    await sql(
      place.postgres,
      'shop',
      `create function here() returns text immutable language sql as 'select current_database()::text';
       create table lies (id int, place text generated always as (here()) stored); insert into lies values (1)`,
    );
    const { backupId } = await place.stage.execute('backup', { plan: place.plan });
    await sql(place.postgres, 'shop', 'drop table lies; drop function here()');
    await sql(place.postgres, 'shop_dev', `update customers set email = 'as it was'`);
    const failure = await failureOf(place.stage.execute('refresh', place.input({}, { backupId })));
    expect(failure).toMatchObject({
      code: 'mismatch',
      sentence: expect.stringMatching(/table public\.lies: backed up 1 row with checksum .*, restored 1 row/),
    });
    expect(new Set(await place.addresses())).toEqual(new Set(['as it was']));
    expect(await scratches()).toEqual([]);
    await rm(dirname(await place.fileOf(backupId, 'manifest.json')), { recursive: true });
  });

  it('takes the newest proven backup, none that failed its test, and says why', async () => {
    const { plan, stage, backupId: proven } = place;
    const test = { pick: { kind: 'latest' as const }, zone: 'fra', from: ['local'], smoke: [], jobs: 1 };
    const choice = { kind: 'backup' as const, backupId: proven };
    expect(await stage.execute('restoreTest', { plan, test, choice })).toMatchObject({ verdict: 'proven' });
    const { backupId: untested } = await stage.execute('backup', { plan });
    const refresh = (changes: Partial<ResolvedRefresh> = {}) =>
      stage.execute('refresh', place.input({ shared: true, ...changes }));

    expect(await refresh()).toMatchObject({
      result: 'passed',
      backup: { backupId: proven },
      picked: [expect.stringMatching(/is the newest that a restore test has proven, .* 1 newer was never/)],
    });
    expect(await refresh({ provenWithin: 0 })).toMatchObject({
      backup: { backupId: untested },
      picked: [`${untested} is the newest, and was never proven.`],
    });

    const failed = { ...test, smoke: ['select false'] };
    expect(await stage.execute('restoreTest', { plan, test: failed })).toMatchObject({
      verdict: 'disproven',
    });
    expect(await refresh({ provenWithin: 0 })).toMatchObject({
      backup: { backupId: proven },
      picked: [
        expect.stringMatching(new RegExp(`${untested} is passed over: its restore test of .* failed`)),
        expect.stringContaining(`${proven} is the newest, and was proven at`),
      ],
    });

    const { backupId: unsigned } = await stage.execute('backup', { plan });
    await rm(await place.fileOf(unsigned, 'manifest.json.sig'));
    expect(await refresh({ provenWithin: 0 })).toMatchObject({
      result: 'passed-with-exceptions',
      backup: { backupId: proven },
      picked: expect.arrayContaining([`${unsigned} is passed over: no copy of it can be trusted.`]),
      exceptions: [expect.stringMatching(/in local can't be trusted: .* is not signed/)],
    });
  });

  it('never replaces a database that no refresh has made', async () => {
    for (const database of ['shop', 'postgres']) {
      const failure = await failureOf(place.stage.execute('refresh', place.input({ database })));
      expect(failure).toMatchObject({
        code: 'refused',
        sentence: expect.stringContaining('not made by a refresh'),
      });
    }
    expect(await sql(place.postgres, 'shop', 'select count(*)::int as n from customers')).toEqual([
      { n: 40 },
    ]);
    expect(await scratches()).toEqual([]);
  });
});
