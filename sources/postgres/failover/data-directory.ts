import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HoldfastError } from '../../../policy/errors.ts';
import { run, startOfProcess } from '../../../process/index.ts';
import type { WorkContext } from '../../source.ts';
import { serverUser, type User } from '../cluster-data.ts';
import { program, programsOf } from './tools.ts';

/** What lies in a server's data directory while the server is stopped. */
export type DataDirectory =
  | { kind: 'empty'; user: User | null }
  | {
      kind: 'cluster';
      /** Whom it belongs to; null: to us, or nobody can change who we are. */
      user: User | null;
      major: number;
      systemId: string;
      /** Whether the server ended in order. */
      clean: boolean;
      /** Whether pg_rewind can find the blocks that changed: by checksums, or hints in the log. */
      rewindable: boolean;
    };

/**
 * Looks into a data directory, which must not be in use.
 *
 * @throws HoldfastError `refused` where a server runs in it, or where it is none; `access-denied` when it is somebody else's
 */
export async function examineDirectory(directory: string, work: WorkContext): Promise<DataDirectory> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw unreadable(directory, error);
  });
  if (names.length === 0) return { kind: 'empty', user: await serverUser() };
  const user = await ownerOf(directory);
  const version = await readFile(join(directory, 'PG_VERSION'), 'utf8').catch(() => '');
  const major = Number(version.trim());
  if (!Number.isInteger(major) || major < 10)
    throw new HoldfastError('refused', `${directory} is no data directory of PostgreSQL.`, {
      hint: 'Nothing in it is touched. Correct `directory` of the target.',
    });
  await requireStopped(directory);
  const tools = await programsOf(major, `${directory} is of that version`);
  const { stdout } = await run(
    {
      command: program(tools, 'pg_controldata'),
      args: ['-D', directory],
      env: { LC_ALL: 'C' },
      ...(user === null ? {} : { user }),
    },
    { signal: work.signal, timeout: 60 },
  );
  return { kind: 'cluster', user, major, ...readControl(stdout) };
}

/** What pg_controldata prints. */
export function readControl(
  text: string,
): Pick<Extract<DataDirectory, { kind: 'cluster' }>, 'systemId' | 'clean' | 'rewindable'> {
  const value = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
  return {
    systemId: value('Database system identifier'),
    clean: /^shut down( in recovery)?$/.test(value('Database cluster state')),
    rewindable:
      value('wal_log_hints setting') === 'on' || !['0', ''].includes(value('Data page checksum version')),
  };
}

/** A server that runs there has the directory as its own, whatever process id is left in a file. */
async function requireStopped(directory: string): Promise<void> {
  const pidFile = await readFile(join(directory, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(pidFile.split('\n')[0]);
  if (!Number.isSafeInteger(pid) || pid <= 1 || (await startOfProcess(pid)) === 'gone') return;
  const where = await readlink(`/proc/${pid}/cwd`).catch(() => directory);
  if (where !== directory) return;
  throw new HoldfastError('refused', `A server runs in ${directory}, as process ${pid}.`, {
    hint: 'Declare `stop` of the target, or stop it by hand; a running server is never rebuilt.',
  });
}

/** PostgreSQL's tools refuse root, and a data directory belongs to whom its server runs as. */
async function ownerOf(directory: string): Promise<User | null> {
  const { uid, gid } = await stat(directory);
  const us = process.getuid?.();
  if (us === 0) return { uid, gid };
  if (us === undefined || us === uid) return null;
  throw new HoldfastError('access-denied', `${directory} belongs to another user than this worker.`, {
    hint: 'Run the worker of that zone as the user of the server, or as root.',
  });
}

const unreadable = (directory: string, cause: unknown): HoldfastError =>
  new HoldfastError('access-denied', `${directory} can't be read.`, {
    hint: 'Run the worker of that zone as the user of the server, or as root.',
    cause,
  });

export const isMissing = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
