import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { postgresDriver } from '../../../sources/postgres/index.ts';
import { type PostgresServer, startPostgres } from '../../../tools/servers/index.ts';
import {
  backUp,
  inScratch,
  nastySql,
  restoreAndCompare,
  sourceOn,
  sql,
  sqlFile,
  startWork,
} from '../../postgres-trip.ts';

describe.each([15, 18] as const)('PostgreSQL %i', (major) => {
  let server: PostgresServer;
  let work: Awaited<ReturnType<typeof startWork>>;

  beforeAll(async () => {
    server = await startPostgres({ major });
    process.env.HOLDFAST_POSTGRES_BIN = server.bin;
    work = await startWork();
    await sql(server, 'postgres', 'create database shop');
    await sqlFile(server, 'shop', nastySql);
  });

  afterAll(async () => {
    delete process.env.HOLDFAST_POSTGRES_BIN;
    await work.dispose();
    await server.stop();
  });

  it('restores a database of everything exactly', async () => {
    const backup = await backUp(sourceOn(server), work, { table: 'orders', column: 'created_at' });
    await inScratch(backup, work, async (place, facts) => {
      expect(await place.compare(backup.fingerprint ?? '')).toEqual([]);
      expect(facts.warnings).toEqual([]);
    });
  });

  it('restores a parallel dump exactly', async () => {
    const backup = await backUp(sourceOn(server, { parallel: 2 }), work);
    expect(await restoreAndCompare(backup, work)).toEqual([]);
  });

  it('finds the server and the tools in order', async () => {
    const findings = await postgresDriver.doctor(sourceOn(server), work);
    expect(findings.filter((finding) => !finding.ok)).toEqual([]);
    expect(findings.map((finding) => finding.check)).toContain('scratch');
  });
});
