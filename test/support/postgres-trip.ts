import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Client } from 'pg';
import type { PostgresSource } from '../../policy/resolved.ts';
import { readSecret, run, startPipeline } from '../../process/index.ts';
import type { Manifest, ManifestFile } from '../../repository/manifest.ts';
import { postgresDriver } from '../../sources/postgres/index.ts';
import type {
  BackupSession,
  Difference,
  RestoreFacts,
  ScratchPlace,
  WorkContext,
} from '../../sources/source.ts';
import type { PostgresServer } from '../../tools/servers/index.ts';

/** A work context of its own, with what was logged; `dispose` removes its directory. */
export async function startWork(): Promise<WorkContext & { logged: string[]; dispose(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'hf-pg-'));
  const logged: string[] = [];
  return {
    signal: new AbortController().signal,
    directory,
    secret: (ref) => readSecret(ref),
    log: (_level, message) => logged.push(message),
    logged,
    dispose: () => rm(directory, { recursive: true, force: true }),
  };
}

/** A source on a server that the tests started; the password comes from the environment, as in real life. */
export function sourceOn(server: PostgresServer, changes: Partial<PostgresSource> = {}): PostgresSource {
  process.env.HF_TEST_PASSWORD = server.password;
  return {
    kind: 'postgres',
    name: 'shop',
    zone: 'fra',
    host: server.host,
    port: server.port,
    database: 'shop',
    user: server.superuser,
    password: { env: 'HF_TEST_PASSWORD' },
    ssl: { mode: 'prefer' },
    parallel: 1,
    globals: 'without-passwords',
    fingerprint: 'checksums',
    lockTimeout: 5,
    ...changes,
  };
}

/** Runs SQL as the superuser and gives the last statement's rows. */
export async function sql(server: PostgresServer, database: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: server.url(database) });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const results: unknown = await client.query(text);
    const last: unknown = Array.isArray(results) ? results.at(-1) : results;
    return typeof last === 'object' && last !== null && 'rows' in last && Array.isArray(last.rows)
      ? last.rows
      : [];
  } finally {
    await client.end();
  }
}

/** Runs a file of SQL by the server's own psql, which stops at the first error. */
export async function sqlFile(
  server: PostgresServer,
  database: string,
  file: string,
  variables: Record<string, string> = {},
): Promise<void> {
  const set = Object.entries(variables).map(([name, value]) => `--set=${name}=${value}`);
  await run({
    command: join(server.bin, 'psql'),
    args: ['-X', '-q', '-v', 'ON_ERROR_STOP=1', ...set, '-f', file],
    env: {
      PGHOST: server.host,
      PGPORT: String(server.port),
      PGUSER: server.superuser,
      PGPASSWORD: server.password,
      PGDATABASE: database,
    },
  });
}

export type Backup = { manifest: Manifest; directory: string; fingerprint: string | null };

/** Makes a backup without compression and encryption: each stream in a file. */
export async function backUp(
  source: PostgresSource,
  work: WorkContext,
  recent?: { table: string; column: string },
): Promise<Backup> {
  const session = await postgresDriver.openBackup(source, recent === undefined ? {} : { recent }, work);
  try {
    return await store(session, work);
  } finally {
    await session.close();
  }
}

/** Writes the streams of an open session to files. */
export async function store(session: BackupSession, work: WorkContext): Promise<Backup> {
  const directory = await mkdtemp(join(work.directory, 'backup-'));
  const fingerprinting = session.fingerprint();
  fingerprinting.catch(() => undefined);
  const files: ManifestFile[] = [];
  for (const stream of session.streams) {
    try {
      const running = startPipeline([await stream.open()], { signal: work.signal });
      await Promise.all([
        pipeline(running.stdout, createWriteStream(join(directory, stream.extension))),
        running.done,
      ]);
    } catch (error) {
      throw stream.explain(error);
    }
    files.push({
      name: stream.extension,
      role: stream.role,
      stages: stream.stages,
      rawBytes: null,
      bytes: 0,
      sha256: '0'.repeat(64),
    });
  }
  const fingerprint = await fingerprinting;
  return { manifest: manifestOf(session, files), directory, fingerprint: fingerprint?.json ?? null };
}

function manifestOf(session: BackupSession, files: ManifestFile[]): Manifest {
  return {
    format: 'holdfast-manifest/1',
    organization: 'Example BV',
    plan: 'shop-daily',
    source: 'shop',
    kind: 'postgres',
    backupId: '20261121T010000Z-0123abcd',
    workflowId: 'backup/shop-daily/2026-11-21T01:00:00Z',
    runId: 'run',
    policyHash: '0'.repeat(64),
    startedAt: session.dataTime,
    endedAt: session.dataTime,
    dataTime: session.dataTime,
    key: 'none',
    server: session.facts.server,
    tools: session.facts.tools,
    origin: session.facts.origin,
    files,
    fingerprint: null,
    copies: [],
    dependsOn: null,
  };
}

/** Restores a backup into a scratch place and hands it to the body; destroyed afterwards. */
export async function inScratch<T>(
  backup: Backup,
  work: WorkContext,
  body: (place: ScratchPlace, facts: RestoreFacts) => Promise<T>,
): Promise<T> {
  const place = await postgresDriver.openScratch(backup.manifest, work);
  try {
    return await body(place, await restoreFiles(place, backup));
  } finally {
    await place.destroy();
  }
}

/** Restores the files of a backup into a place. */
export async function restoreFiles(place: ScratchPlace, backup: Backup): Promise<RestoreFacts> {
  return place.restore({
    manifest: backup.manifest,
    open: async (file) => ({ undo: [], stored: createReadStream(join(backup.directory, file.name)) }),
  });
}

/** In what a place differs from the fingerprint of a backup. */
export async function differencesIn(place: ScratchPlace, backup: Backup): Promise<Difference[]> {
  return (await place.compare(backup.fingerprint ?? '')).differences;
}

/** Restores a backup and compares it with its fingerprint. */
export async function restoreAndCompare(backup: Backup, work: WorkContext): Promise<Difference[]> {
  return inScratch(backup, work, (place) => differencesIn(place, backup));
}

/** An empty directory for scratch places, that the server's user may pass through; a test sees what is left in it. */
export async function ownScratchBase(): Promise<string> {
  const base = await mkdtemp(join(tmpdir(), 'hf-s-'));
  await chmod(base, 0o711);
  process.env.HOLDFAST_SCRATCH_DIR = base;
  return base;
}

export const nastySql = new URL('./postgres-nasty.sql', import.meta.url).pathname;
export const roleSql = new URL('../../docs/sql/backup-role.sql', import.meta.url).pathname;
