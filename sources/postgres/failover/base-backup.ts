import { statfs } from 'node:fs/promises';
import type { Client } from 'pg';
import { HoldfastError } from '../../../policy/errors.ts';
import type { PostgresTarget } from '../../../policy/resolved-failover.ts';
import { formatBytes } from '../../../policy/units.ts';
import { run, tiedToUs } from '../../../process/index.ts';
import type { WorkContext } from '../../source.ts';
import type { User } from '../cluster-data.ts';
import type { Installation } from '../tools.ts';
import { asReplica, environmentAs, program } from './tools.ts';

/** What a copy of a whole server needs to know of it. */
export type Extent = {
  major: number;
  bytes: number;
  /** Directories outside of its own. */
  tablespaces: string[];
  /** Settings that a server in recovery must not have lower than the one it follows. */
  limits: Record<string, string>;
};

/** Reads how large a server is, and what a copy of it must be like. */
export async function readExtent(client: Client): Promise<Extent> {
  const { rows } = await client.query<{
    version: string;
    bytes: string;
    tablespaces: string[];
    limits: Record<string, string>;
  }>(`select current_setting('server_version_num') as version,
      (select coalesce(sum(pg_database_size(oid)), 0) from pg_database)::text as bytes,
      (select coalesce(json_agg(pg_tablespace_location(oid)), '[]') from pg_tablespace
        where pg_tablespace_location(oid) <> '') as tablespaces,
      (select json_object_agg(name, setting) from pg_settings where name in ('max_connections',
        'max_worker_processes', 'max_wal_senders', 'max_prepared_transactions', 'max_locks_per_transaction')) as limits`);
  const [row] = rows;
  if (row === undefined) throw new Error('a select without a table gave no row');
  return { ...row, major: Math.floor(Number(row.version) / 10_000), bytes: Number(row.bytes) };
}

/** @throws HoldfastError `disk-full` where a copy would not fit into a directory's disk */
export async function requireRoom(directory: string, bytes: number, hint: string): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  if (free > bytes) return;
  throw new HoldfastError(
    'disk-full',
    `A copy needs ${formatBytes(bytes)}, and ${directory} has ${formatBytes(free)} free.`,
    { hint },
  );
}

/**
 * Copies a running server into an empty directory, with the log that makes the copy consistent.
 *
 * @param mapping arguments that say where tablespaces go
 * @throws HoldfastError what pg_basebackup said
 */
export async function baseBackup(
  from: PostgresTarget,
  into: string,
  { tools, user, mapping }: { tools: Installation; user: User | null; mapping: string[] },
  work: WorkContext,
): Promise<void> {
  const command = await tiedToUs({
    command: program(tools, 'pg_basebackup'),
    args: ['--pgdata', into, '--wal-method=stream', '--checkpoint=fast', '--no-password', ...mapping],
    env: await environmentAs(user, asReplica(from), work),
    cwd: into,
    ...(user === null ? {} : { user }),
  });
  try {
    await run(command, { signal: work.signal });
  } catch (error) {
    throw explain(error, from);
  }
}

function explain(error: unknown, from: PostgresTarget): unknown {
  if (!(error instanceof HoldfastError) || error.code !== 'process-failed') return error;
  const said = (/pg_basebackup: [\s\S]*/.exec(error.message)?.[0] ?? error.message).trim().slice(-600);
  const refused =
    /no pg_hba\.conf entry|password authentication failed|must be superuser or replication role/;
  const tell = (code: 'authentication-failed' | 'service-unavailable' | 'process-failed', hint: string) =>
    new HoldfastError(code, `${from.name} could not be copied: ${said}`, { hint, cause: error });
  if (refused.test(said) || /permission denied to start WAL sender/.test(said))
    return tell(
      'authentication-failed',
      'Its `replication` names a role with REPLICATION, which a line of pg_hba.conf for the database "replication" lets in.',
    );
  if (/number of requested standby connections exceeds|max_wal_senders/.test(said))
    return tell('service-unavailable', 'Raise max_wal_senders there: a copy takes two.');
  if (/full_page_writes/.test(said))
    return tell('process-failed', 'A standby can be copied only while its primary has full_page_writes on.');
  return tell('process-failed', 'Try pg_basebackup by hand to see more.');
}
