import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type PostgresServer, startPostgres } from '../../../tools/servers/index.ts';
import { backUp, differencesIn, inScratch, sourceOn, sql, startWork } from '../../support/postgres-trip.ts';

const count = 5000;
let server: PostgresServer;
let work: Awaited<ReturnType<typeof startWork>>;

beforeAll(async () => {
  server = await startPostgres({ major: 15 });
  process.env.HOLDFAST_POSTGRES_BIN = server.bin;
  work = await startWork();
  await sql(server, 'postgres', 'create database shop');
  for (let start = 0; start < count; start += 500) {
    const tables = Array.from({ length: 500 }, (_, index) => {
      const name = `"Table ${start + index}"`;
      return `create table ${name} (id serial primary key, v text); insert into ${name} (v) values ('a'), ('b')`;
    });
    await sql(server, 'shop', tables.join(';'));
  }
});

afterAll(async () => {
  delete process.env.HOLDFAST_POSTGRES_BIN;
  await work.dispose();
  await server.stop();
});

it(`backs up and restores ${count} tables with the server's default settings`, async () => {
  const startedAt = performance.now();
  const backup = await backUp(sourceOn(server), work);
  const backedUp = performance.now();
  const { tables, sequences } = JSON.parse(backup.fingerprint ?? '{}');
  expect(Object.keys(tables)).toHaveLength(count);
  expect(Object.keys(sequences)).toHaveLength(count);
  await inScratch(backup, work, async (place, facts) => {
    const restored = performance.now();
    expect(await differencesIn(place, backup)).toEqual([]);
    const seconds = (from: number, to: number) => ((to - from) / 1000).toFixed(1);
    process.stdout.write(
      `${count} tables: backup with checksums ${seconds(startedAt, backedUp)} s, restore ${facts.seconds.toFixed(1)} s, comparison ${seconds(restored, performance.now())} s\n`,
    );
  });
});
