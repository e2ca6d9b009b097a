import { chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresTarget } from '../../../policy/resolved-failover.ts';
import type { WorkContext } from '../../source.ts';
import { type Filling, scratchBase, startCluster } from '../cluster.ts';
import { scratchPort, serverUser, type User } from '../cluster-data.ts';
import type { Target } from '../connection.ts';
import { baseBackup, type Extent, readExtent, requireRoom } from './base-backup.ts';
import { settingLines } from './settings.ts';
import { onTarget } from './state.ts';
import { programsOf } from './tools.ts';

/** Beside its data a copy replays the log that came with it. */
const replaySeconds = 1800;

/**
 * Copies a standby into a scratch place of this worker, starts the copy as a standby that follows nobody, hands it to the
 * body, and destroys it, also after a failure or a cancellation (law 13). The copy reaches nothing: it listens on a socket
 * in a private directory, archives nothing, subscribes to nothing, and knows no primary.
 *
 * @throws HoldfastError `version-mismatch` without server programs of its version here, `disk-full`, and what
 *   pg_basebackup and the start of a server throw
 */
export async function withScratchCopy<T>(
  standby: PostgresTarget,
  run: { workflowId: string },
  work: WorkContext,
  body: (copy: Target, extent: Extent) => Promise<T>,
): Promise<T> {
  const extent = await onTarget(standby, work, readExtent);
  const tools = await programsOf(extent.major, `a scratch copy of ${standby.name} runs on them`);
  await requireRoom(scratchBase(), extent.bytes, 'Set HOLDFAST_SCRATCH_DIR to a larger disk.');
  const filling: Filling = {
    fill: async (directory, user) => {
      const data = join(directory, 'data');
      await mkdir(data, { mode: 0o700 });
      await give(data, user);
      const mapping = await placesFor(extent, directory, user);
      await baseBackup(standby, data, { tools, user, mapping }, work);
      await isolate(directory, extent, user);
    },
    args: (directory) => ['-c', `config_file=${join(directory, 'postgresql.conf')}`],
    target: (directory) => ({
      name: `the scratch copy of ${standby.name}`,
      host: directory,
      port: scratchPort,
      database: standby.database,
      user: standby.user,
      ssl: { mode: 'disable' },
      lockTimeout: 60,
    }),
    readyWithin: replaySeconds,
  };
  const cluster = await startCluster(tools, run.workflowId, work, filling);
  try {
    return await body(cluster.target(standby.database), extent);
  } finally {
    await cluster.destroy();
  }
}

/** Whether this worker could make a scratch copy. @throws HoldfastError why it could not */
export async function requireScratchCopy(standby: PostgresTarget, work: WorkContext): Promise<void> {
  const { major, bytes } = await onTarget(standby, work, readExtent);
  await serverUser();
  await programsOf(major, `a scratch copy of ${standby.name} runs on them`);
  await requireRoom(scratchBase(), bytes, 'Set HOLDFAST_SCRATCH_DIR to a larger disk.');
}

/** Tablespaces would go where they are on the server: a place below the copy's own for each. */
async function placesFor({ tablespaces }: Extent, directory: string, user: User | null): Promise<string[]> {
  return Promise.all(
    tablespaces.map(async (from, index) => {
      const place = join(directory, `tablespace-${index}`);
      await mkdir(place, { mode: 0o700 });
      await give(place, user);
      return `--tablespace-mapping=${from.replaceAll('=', '\\=')}=${place.replaceAll('=', '\\=')}`;
    }),
  );
}

/** Takes away whatever would lead out of the scratch place; ALTER SYSTEM's file would overrule ours. */
async function isolate(directory: string, extent: Extent, user: User | null): Promise<void> {
  const data = join(directory, 'data');
  const hba = join(directory, 'pg_hba.conf');
  await rm(join(data, 'recovery.signal'), { force: true });
  const files: [string, string][] = [
    [join(data, 'postgresql.auto.conf'), ''],
    [join(data, 'standby.signal'), ''],
    // Its directory lets nobody in but the server's own user.
    [hba, 'local all all trust\n'],
    [join(directory, 'postgresql.conf'), configuration(directory, hba, extent)],
  ];
  for (const [path, text] of files) {
    await writeFile(path, text, { mode: 0o600 });
    await give(path, user);
  }
}

function configuration(directory: string, hba: string, { limits }: Extent): string {
  const settings: Record<string, string> = {
    ...limits,
    listen_addresses: '',
    port: String(scratchPort),
    unix_socket_directories: directory,
    unix_socket_permissions: '0700',
    hba_file: hba,
    ident_file: '/dev/null',
    ssl: 'off',
    hot_standby: 'on',
    primary_conninfo: '',
    restore_command: '',
    archive_mode: 'off',
    shared_preload_libraries: '',
    max_logical_replication_workers: '0',
    synchronous_standby_names: '',
    fsync: 'off',
    autovacuum: 'off',
    dynamic_shared_memory_type: 'mmap',
    logging_collector: 'off',
    lc_messages: 'C',
  };
  return settingLines(settings);
}

async function give(path: string, user: User | null): Promise<void> {
  if (user !== null) await chown(path, user.uid, user.gid);
}
