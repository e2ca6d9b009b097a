import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from '../../../process/index.ts';
import { postgresDriver } from '../../../sources/postgres/index.ts';
import { type PostgresServer, startPostgres } from '../../../tools/servers/index.ts';
import {
  backUp,
  differencesIn,
  inScratch,
  nastySql,
  restoreAndCompare,
  sourceOn,
  sql,
  sqlFile,
  startWork,
} from '../../support/postgres-trip.ts';

describe.each([15, 16, 18] as const)('PostgreSQL %i', (major) => {
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
      expect(await differencesIn(place, backup)).toEqual([]);
      expect(facts.warnings).toEqual([]);
    });
    const { tables, excluded } = JSON.parse(backup.fingerprint ?? '{}');
    expect(tables).toMatchObject({ 'public.parent': { rows: 2 }, 'public.child': { rows: 1 } });
    expect(excluded.map(({ name }: { name: string }) => name)).toEqual(['public.never', 'public.remote']);
  });

  it('restores a parallel dump exactly', async () => {
    const backup = await backUp(sourceOn(server, { parallel: 2 }), work);
    expect(await restoreAndCompare(backup, work)).toEqual([]);
  });

  it.each([1, 2])('restores by the commands of RESTORE.md alone, %i jobs', async (parallel) => {
    const backup = await backUp(sourceOn(server, { parallel }), work);
    const other = await startPostgres({ major });
    try {
      const steps = postgresDriver.restoreSteps(backup.manifest);
      const commands = [...steps.matchAll(/^```sh\n([\s\S]*?)^```$/gm)]
        .map(([, command]) => command)
        .join('');
      const env = {
        PGHOST: other.host,
        PGPORT: String(other.port),
        PGUSER: other.superuser,
        PGPASSWORD: other.password,
      };
      const path = { PATH: `${other.bin}:${process.env.PATH}` };
      await run({
        command: 'bash',
        args: ['-e', '-c', commands],
        cwd: backup.directory,
        env: { ...env, ...path },
      });
      const again = await backUp(sourceOn(other), work);
      expect(again.fingerprint).toBe(backup.fingerprint);
    } finally {
      await other.stop();
      process.env.HF_TEST_PASSWORD = server.password;
    }
  });

  it('finds the server and the tools in order', async () => {
    const findings = await postgresDriver.doctor(sourceOn(server), work);
    expect(findings.filter((finding) => !finding.ok)).toEqual([]);
    expect(findings.map((finding) => finding.check)).toContain('scratch');
  });
});
