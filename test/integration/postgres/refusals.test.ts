import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import type { PostgresSource } from '../../../policy/resolved.ts';
import { postgresDriver } from '../../../sources/postgres/index.ts';
import { freePort, type PostgresServer, postgresBin, startPostgres } from '../../../tools/servers/index.ts';
import { backUp, restoreAndCompare, sourceOn, sql, startWork, store } from '../../support/postgres-trip.ts';

describe('a PostgreSQL source that refuses', () => {
  let server: PostgresServer;
  let work: Awaited<ReturnType<typeof startWork>>;

  beforeAll(async () => {
    server = await startPostgres({ major: 15, tls: true });
    process.env.HOLDFAST_POSTGRES_BIN = server.bin;
    work = await startWork();
    await sql(server, 'postgres', 'create database shop; ');
    await sql(server, 'shop', 'create table a (x int); insert into a values (1); create table b (y int)');
  });

  afterAll(async () => {
    delete process.env.HOLDFAST_POSTGRES_BIN;
    await work.dispose();
    await server.stop();
  });

  const open = async (changes: Partial<PostgresSource>) => {
    const session = await postgresDriver.openBackup(sourceOn(server, changes), {}, work);
    await session.close();
  };

  it('says that the password is wrong, and not what it is', async () => {
    process.env.HF_WRONG_PASSWORD = 'not-the-password';
    const attempt = open({ password: { env: 'HF_WRONG_PASSWORD' } });
    await expect(attempt).rejects.toMatchObject({ code: 'authentication-failed' });
    await expect(attempt).rejects.not.toThrow(/not-the-password/);
  });

  it('says that the database is gone', async () => {
    await expect(open({ database: 'gone' })).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('has no database "gone"'),
    });
  });

  it('says that nobody answers', async () => {
    await expect(open({ port: await freePort() })).rejects.toMatchObject({ code: 'unreachable' });
    await expect(open({ host: '/nowhere' })).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('trusts the right certificate and no other', async () => {
    const rootCertificate = server.certificate ?? '';
    await open({ host: 'localhost', ssl: { mode: 'verify-full', rootCertificate } });
    await expect(open({ host: 'localhost', ssl: { mode: 'verify-full' } })).rejects.toMatchObject({
      code: 'authentication-failed',
    });
  });

  it('dumps over a verified connection with the same certificate', async () => {
    const rootCertificate = server.certificate ?? '';
    const source = sourceOn(server, { host: 'localhost', ssl: { mode: 'verify-full', rootCertificate } });
    const backup = await backUp(source, work);
    expect(backup.manifest.files).toHaveLength(2);
  });

  it('names the table that may not be read', async () => {
    await sql(server, 'shop', "create role nobody login password 'x'");
    process.env.HF_NOBODY = 'x';
    const source = sourceOn(server, { user: 'nobody', password: { env: 'HF_NOBODY' } });
    await expect(backUp(source, work)).rejects.toMatchObject({
      code: 'access-denied',
      message: expect.stringMatching(/table (a|b)/),
    });
    const findings = await postgresDriver.doctor(source, work);
    expect(findings.find((finding) => finding.check === 'rights')).toMatchObject({
      ok: false,
      sentence: expect.stringContaining('public.a, public.b'),
    });
  });

  it('gives up soon behind a lock instead of making everybody wait', async () => {
    const holder = new Client({ connectionString: server.url('shop') });
    await holder.connect();
    await holder.query('begin; lock table a in access exclusive mode');
    const source = sourceOn(server, { lockTimeout: 1, fingerprint: 'off' });
    try {
      await expect(backUp(source, work)).rejects.toMatchObject({ code: 'stalled' });
      const findings = await postgresDriver.doctor(source, work);
      expect(findings.find((finding) => finding.check === 'locks')?.sentence).toMatch(/locked (public\.)?a/);
    } finally {
      await holder.end();
    }
  });

  it('lets pg_dump give up behind a lock that came after the snapshot', async () => {
    const session = await postgresDriver.openBackup(
      sourceOn(server, { lockTimeout: 1, fingerprint: 'off' }),
      {},
      work,
    );
    const holder = new Client({ connectionString: server.url('shop') });
    await holder.connect();
    await holder.query('begin; lock table a in access exclusive mode');
    try {
      await expect(store(session, work)).rejects.toMatchObject({ code: 'stalled' });
    } finally {
      await holder.end();
      await session.close();
    }
  });

  it.each(['pg_dump', 'the fingerprint'])(
    'calls a table that is dropped before %s comes to it a change',
    async (who) => {
      const fingerprint = who === 'pg_dump' ? 'off' : 'counts';
      const session = await postgresDriver.openBackup(sourceOn(server, { fingerprint }), {}, work);
      await sql(server, 'shop', 'drop table b');
      try {
        const attempt = who === 'pg_dump' ? store(session, work) : session.fingerprint();
        await expect(attempt).rejects.toMatchObject({ code: 'schema-changed' });
      } finally {
        await session.close();
        await sql(server, 'shop', 'create table b (y int)');
      }
    },
  );

  it('shows one instant: what is added and inserted later is not in the backup', async () => {
    const session = await postgresDriver.openBackup(sourceOn(server), {}, work);
    await sql(server, 'shop', 'create table later (z int); insert into a select generate_series(1, 50)');
    try {
      const backup = await store(session, work);
      const { tables } = JSON.parse(backup.fingerprint ?? '{}');
      expect(tables).toMatchObject({ 'public.a': { rows: 1 } });
      expect(Object.keys(tables)).not.toContain('public.later');
      expect(await restoreAndCompare(backup, work)).toEqual([]);
    } finally {
      await session.close();
      await sql(server, 'shop', 'drop table later');
    }
  });

  it('says that a snapshot is gone when its session is', async () => {
    const session = await postgresDriver.openBackup(sourceOn(server), {}, work);
    await sql(
      server,
      'shop',
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'holdfast/shop'",
    );
    try {
      await expect(store(session, work)).rejects.toMatchObject({ code: 'interrupted' });
    } finally {
      await session.close();
    }
  });

  it('names the column that tells no freshness because it is not there', async () => {
    await expect(backUp(sourceOn(server), work, { table: 'a', column: 'nope' })).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('"nope"'),
    });
  });

  it('names the column that tells no freshness because it has no order', async () => {
    await sql(server, 'shop', 'create table j (v json, u uuid)');
    await sql(server, 'shop', "insert into j values ('{}', '00000000-0000-0000-0000-00000000000a')");
    await expect(backUp(sourceOn(server), work, { table: 'j', column: 'v' })).rejects.toMatchObject({
      code: 'bad-policy',
    });
    const { fingerprint } = await backUp(sourceOn(server), work, { table: 'public.j', column: 'u' });
    expect(JSON.parse(fingerprint ?? '{}').recent.value).toMatch(/a$/);
  });

  it('refuses a server newer than its tools before anything is written', async () => {
    const newer = await startPostgres({ major: 18 });
    try {
      await sql(newer, 'postgres', 'create database shop');
      process.env.HOLDFAST_POSTGRES_BIN = postgresBin(15);
      const attempt = postgresDriver.openBackup(sourceOn(newer), {}, work);
      await expect(attempt).rejects.toMatchObject({
        code: 'version-mismatch',
        message: expect.stringMatching(/PostgreSQL 18.*15\./),
        hint: expect.stringContaining('postgresql-client-18'),
      });
      const findings = await postgresDriver.doctor(sourceOn(newer), work);
      expect(findings.filter((finding) => !finding.ok).map((finding) => finding.check)).toEqual([
        'pg_dump',
        'scratch',
      ]);
    } finally {
      await newer.stop();
    }
  });
});
