import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from '../../../process/index.ts';
import { postgresDriver } from '../../../sources/postgres/index.ts';
import type { Difference, ScratchPlace } from '../../../sources/source.ts';
import { type PostgresServer, startPostgres } from '../../../tools/servers/index.ts';
import {
  type Backup,
  backUp,
  differencesIn,
  inScratch,
  nastySql,
  restoreFiles,
  sourceOn,
  sql,
  sqlFile,
  startWork,
} from '../../support/postgres-trip.ts';

/** A restore test that can't fail proves nothing: each kind of damage is done to a restored database, and must show. */
describe('what a restored database may lack', () => {
  let server: PostgresServer;
  let work: Awaited<ReturnType<typeof startWork>>;
  let backup: Backup;
  let place: ScratchPlace;

  beforeAll(async () => {
    server = await startPostgres({ major: 15 });
    process.env.HOLDFAST_POSTGRES_BIN = server.bin;
    work = await startWork();
    await sql(server, 'postgres', 'create database shop');
    await sqlFile(server, 'shop', nastySql);
    backup = await backUp(sourceOn(server), work, { table: 'orders', column: 'created_at' });
    place = await postgresDriver.openScratch(backup.manifest, work);
    await restoreFiles(place, backup);
    await inPlace('postgres', 'alter database shop rename to whole');
    await inPlace('postgres', 'create database shop template whole');
  });

  afterAll(async () => {
    delete process.env.HOLDFAST_POSTGRES_BIN;
    await place.destroy();
    await work.dispose();
    await server.stop();
  });

  /** Damages what was restored, always starting from the whole, and compares it with the fingerprint. */
  async function differencesAfter(damage: string): Promise<Difference[]> {
    await inPlace('postgres', 'drop database shop');
    await inPlace('postgres', 'create database shop template whole');
    await inPlace('shop', damage);
    return differencesIn(place, backup);
  }

  /** Runs SQL in the scratch place by the very command that people are told. */
  async function inPlace(database: string, text: string): Promise<void> {
    const args = [
      '-c',
      `${place.connect} --quiet --set=ON_ERROR_STOP=1 --dbname="$1" --command="$2"`,
      'sh',
      database,
      text,
    ];
    await run({ command: 'sh', args });
  }

  it.each([
    ['a row gone', 'delete from orders where id = 2505', 'table public.orders', '500 rows', '499 rows'],
    [
      'a row gone from one partition',
      'delete from measures_rest where ctid = (select min(ctid) from measures_rest)',
      'table public.measures_rest',
      '187 rows',
      '186 rows',
    ],
    ['a sequence behind', "select setval('counter', 10)", 'sequence public.counter', '7 or beyond', '10'],
    ['an index gone', 'drop index orders_paid', 'index public.orders_paid', 'present', 'missing'],
    ['a large object gone', 'select lo_unlink(90002)', 'large objects', '2', '1'],
    ['a table gone', 'drop table cache', 'table public.cache', '1 row', 'no table'],
    ['a table more', 'create table extra (a int)', 'table public.extra', 'no table', '0 rows'],
    ['a trigger gone', 'drop trigger touch on orders', 'trigger public.orders.touch', 'present', 'missing'],
    [
      'a default gone',
      'alter domain positive drop default',
      'type public.positive',
      /^definition/,
      /^definition/,
    ],
    [
      'a row changed',
      'update kinds set r = 0 where d is null',
      'table public.kinds',
      /^2 rows with/,
      /^2 rows with/,
    ],
    [
      'a large object changed',
      "select lo_put(90001, 0, 'L')",
      'contents of large objects',
      /^-?\d+:/,
      /^-?\d+:/,
    ],
    ['a right gone', 'revoke update on secrets from reader', 'access to public.secrets', /^def/, /^def/],
    [
      'a function changed',
      "create or replace procedure nothing_much(inout a int default 1 + 2) language plpgsql as 'begin a := 2; end'",
      'function public.nothing_much(INOUT a integer)',
      /^definition/,
      /^definition/,
    ],
    [
      'a newer row',
      "update orders set created_at = '2030-01-01' where id = 10",
      'newest value of orders.created_at',
      /^2026/,
      /^2030/,
    ],
  ])('%s', async (_name, damage, what, expected, actual) => {
    const found = await differencesAfter(damage);
    const difference = found.find((one) => one.what === what);
    expect(found.map((one) => one.what)).toContain(what);
    expect(difference?.expected).toMatch(expected);
    expect(difference?.actual).toMatch(actual);
  });

  it('restores extensions, and nothing of theirs twice', async () => {
    await sql(server, 'postgres', 'drop database if exists extended');
    await sql(server, 'postgres', 'create database extended');
    await sql(
      server,
      'extended',
      'create extension pgcrypto; create extension hstore; create table h (h hstore)',
    );
    const extended = await backUp(sourceOn(server, { database: 'extended' }), work);
    const equal = await inScratch(extended, work, (place) => differencesIn(place, extended));
    expect(equal).toEqual([]);
    const { schema, extensions } = JSON.parse(extended.fingerprint ?? '{}');
    expect(Object.keys(extensions)).toEqual(['hstore', 'pgcrypto', 'plpgsql']);
    expect(Object.keys(schema).filter((name) => name.startsWith('function'))).toEqual([]);
  });
});
