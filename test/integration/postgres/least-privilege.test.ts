import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { postgresDriver } from '../../../sources/postgres/index.ts';
import { type PostgresServer, startPostgres } from '../../../tools/servers/index.ts';
import {
  backUp,
  nastySql,
  restoreAndCompare,
  roleSql,
  sourceOn,
  sql,
  sqlFile,
  startWork,
} from '../../support/postgres-trip.ts';

describe.each([15, 18] as const)('the documented backup role on PostgreSQL %i', (major) => {
  let server: PostgresServer;
  let work: Awaited<ReturnType<typeof startWork>>;

  beforeAll(async () => {
    server = await startPostgres({ major });
    process.env.HOLDFAST_POSTGRES_BIN = server.bin;
    work = await startWork();
    await sql(server, 'postgres', 'create database shop');
    await sqlFile(server, 'shop', nastySql);
    await sqlFile(server, 'shop', roleSql, { role: 'hold "fast"' });
    await sqlFile(server, 'shop', roleSql, { role: 'hold "fast"' });
    await sql(server, 'shop', `alter role "hold ""fast""" password 'p:a\\s s'`);
    process.env.HF_ROLE_PASSWORD = 'p:a\\s s';
  });

  afterAll(async () => {
    delete process.env.HOLDFAST_POSTGRES_BIN;
    await work.dispose();
    await server.stop();
  });

  const source = () => sourceOn(server, { user: 'hold "fast"', password: { env: 'HF_ROLE_PASSWORD' } });

  it('is enough for a backup of everything', async () => {
    const backup = await backUp(source(), work);
    expect(await restoreAndCompare(backup, work)).toEqual([]);
    expect(backup.fingerprint).not.toContain('may not read');
  });

  it('satisfies doctor', async () => {
    const findings = await postgresDriver.doctor(source(), work);
    expect(findings.filter((finding) => !finding.ok)).toEqual([]);
  });

  it('lacks nothing that doctor would not notice', async () => {
    await sql(server, 'shop', 'alter role "hold ""fast""" nobypassrls');
    await sql(server, 'shop', 'alter role "hold ""fast""" in database shop reset lo_compat_privileges');
    const findings = await postgresDriver.doctor(source(), work);
    expect(findings.filter((finding) => !finding.ok).map((finding) => finding.check)).toEqual([
      'row security',
      'large objects',
    ]);
    await expect(backUp(source(), work)).rejects.toMatchObject({ code: 'access-denied' });
    const session = await postgresDriver.openBackup(source(), {}, work);
    await expect(session.fingerprint()).rejects.toMatchObject({ code: 'access-denied' });
    await session.close();
  });
});
