import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { startPipeline } from '../../process/index.ts';
import { postgresDriver } from '../../sources/postgres/index.ts';
import { eventually, type PostgresServer, startPostgres } from '../../tools/servers/index.ts';
import { backUp, ownScratchBase, restoreFiles, sourceOn, sql, startWork } from '../support/postgres-trip.ts';
import { processesOf } from '../support/processes.ts';

const dist = new URL('../../dist/', import.meta.url).href;

describe('PostgreSQL work whose worker ends', () => {
  let server: PostgresServer;
  let work: Awaited<ReturnType<typeof startWork>>;
  let base: string;

  beforeAll(async () => {
    server = await startPostgres({ major: 15 });
    process.env.HOLDFAST_POSTGRES_BIN = server.bin;
    work = await startWork();
    base = await ownScratchBase();
    await sql(server, 'postgres', 'create database shop');
    await sql(
      server,
      'shop',
      "create table a as select i, repeat('x', 1000) as v from generate_series(1, 50000) i",
    );
  });

  afterAll(async () => {
    delete process.env.HOLDFAST_POSTGRES_BIN;
    delete process.env.HOLDFAST_SCRATCH_DIR;
    await work.dispose();
    await rm(base, { recursive: true });
    await server.stop();
  });

  /** A worker of its own process, which tells when it has come to the point, and then hangs. */
  async function startWorker(body: string): Promise<{ go(): void; kill(): Promise<void> }> {
    const script = `
      const { postgresDriver } = await import('${dist}sources/postgres/index.js');
      const { readSecret, startPipeline } = await import('${dist}process/index.js');
      const work = { signal: new AbortController().signal, directory: ${JSON.stringify(work.directory)},
        secret: (ref) => readSecret(ref), log: () => undefined };
      ${body}
      process.stdout.write('ready');
      setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { env: process.env });
    let said = '';
    child.stderr.on('data', (text: Buffer) => {
      said += text.toString();
    });
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    await new Promise<void>((resolve, reject) => {
      child.stdout.once('data', () => resolve());
      void gone.then(() => reject(new Error(said)));
    });
    return {
      go: () => void child.stdin.write('go\n'),
      kill: async () => {
        child.kill('SIGKILL');
        await gone;
      },
    };
  }

  const sessions = () =>
    sql(
      server,
      'postgres',
      "select pid from pg_stat_activity where datname = 'shop' and application_name <> ''",
    );

  const waiting = () =>
    sql(
      server,
      'postgres',
      "select pid from pg_stat_activity where datname = 'shop' and wait_event_type = 'Lock'",
    );

  it('leaves no pg_dump and no session when it is killed', async () => {
    const source = JSON.stringify(sourceOn(server));
    const worker = await startWorker(`
      const session = await postgresDriver.openBackup(${source}, {}, work);
      const pipeline = startPipeline([await session.streams[0].open()]);
      await new Promise((resolve) => pipeline.stdout.once('readable', resolve));`);
    expect((await sessions()).length).toBeGreaterThanOrEqual(2);
    await worker.kill();
    await eventually(async () => expect(await sessions()).toEqual([]), 20);
  });

  it('leaves no pg_dump that waits for a lock, and so learns nothing of a reader that is gone', async () => {
    const source = JSON.stringify(sourceOn(server, { lockTimeout: 600 }));
    const worker = await startWorker(`
      const session = await postgresDriver.openBackup(${source}, {}, work);
      process.stdin.once('data', async () => startPipeline([await session.streams[0].open()]));`);
    const holder = new Client({ connectionString: server.url('shop') });
    await holder.connect();
    try {
      await holder.query('begin; lock table a in access exclusive mode');
      worker.go();
      await eventually(async () => expect(await waiting()).toHaveLength(1), 20);
      await worker.kill();
      await eventually(async () => expect(await processesOf(work.directory)).toEqual([]), 20);
    } finally {
      await holder.end();
    }
    await eventually(async () => expect(await sessions()).toEqual([]), 20);
  });

  it('leaves no scratch server when it is killed, and the next worker sweeps its directory', async () => {
    const manifest = JSON.stringify({
      server: 'PostgreSQL 15.1',
      tools: {},
      workflowId: 'restore/x',
      source: 'shop',
      files: [],
    });
    const worker = await startWorker(`await postgresDriver.openScratch(${manifest}, work);`);
    const [name = ''] = await readdir(base);
    const pidFile = await readFile(join(base, name, 'data', 'postmaster.pid'), 'utf8');
    const postmaster = `/proc/${pidFile.split('\n')[0]}`;
    expect(existsSync(postmaster)).toBe(true);
    expect(await postgresDriver.sweepScratch(work.log)).toEqual([]);
    await worker.kill();
    await eventually(async () => expect(existsSync(postmaster)).toBe(false), 20);
    expect(await postgresDriver.sweepScratch(work.log)).toEqual([join(base, name)]);
    expect(await readdir(base)).toEqual([]);
  });

  it('ends dump, fingerprint and session when it is cancelled', async () => {
    const stop = new AbortController();
    const cancelled = { ...work, signal: stop.signal };
    await sql(server, 'shop', 'create view slow as select now() as at from pg_sleep(600)');
    const recent = { table: 'slow', column: 'at' };
    const session = await postgresDriver.openBackup(
      sourceOn(server, { fingerprint: 'counts' }),
      { recent },
      cancelled,
    );
    const fingerprinting = session.fingerprint();
    const [stream] = session.streams;
    if (stream === undefined) throw new Error('no stream');
    const dump = startPipeline([await stream.open()], { signal: stop.signal });
    await eventually(async () => expect((await sessions()).length).toBeGreaterThanOrEqual(4), 20);
    stop.abort();
    await expect(fingerprinting).rejects.toMatchObject({ code: 'interrupted' });
    await expect(dump.done).rejects.toMatchObject({ code: 'interrupted' });
    await session.close();
    await eventually(async () => expect(await sessions()).toEqual([]), 20);
    await sql(server, 'shop', 'drop view slow');
  });

  it('leaves nothing of a restore that is cancelled', async () => {
    const backup = await backUp(sourceOn(server), work);
    const stop = new AbortController();
    const place = await postgresDriver.openScratch(backup.manifest, { ...work, signal: stop.signal });
    const restoring = restoreFiles(place, backup);
    stop.abort();
    await expect(restoring).rejects.toMatchObject({ code: 'interrupted' });
    await place.destroy();
    expect(await readdir(base)).toEqual([]);
  });

  it('tells no secret while it runs, and what pg_dump said when it is killed alone', async () => {
    const session = await postgresDriver.openBackup(sourceOn(server), {}, work);
    try {
      const [stream] = session.streams;
      if (stream === undefined) throw new Error('no stream');
      const dump = startPipeline([await stream.open()]);
      await new Promise((resolve) => dump.stdout.once('readable', resolve));
      for (const fact of ['cmdline', 'environ'])
        expect(await readFile(`/proc/${dump.pids[0]}/${fact}`, 'utf8')).not.toContain(server.password);
      process.kill(dump.pids[0] ?? 0, 'SIGKILL');
      const failure = await dump.done.catch((error: unknown) => error);
      expect(stream.explain(failure)).toMatchObject({
        code: 'process-failed',
        message: expect.stringMatching(/pg_dump of shop failed: .*killed by SIGKILL/),
      });
    } finally {
      await session.close();
    }
  });
});
