import { randomBytes } from 'node:crypto';
import { appendFile, chown, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HoldfastError } from '../../policy/errors.ts';
import { run } from '../../process/index.ts';
import type { WorkContext } from '../source.ts';
import type { Installation } from './tools.ts';

/** The server's first superuser. The name that most servers use, so that most globals find it there. */
export const superuser = 'postgres';

/** Names the socket only: nothing listens on a network. */
export const scratchPort = 5432;

export type User = { uid: number; gid: number };

/** PostgreSQL's server refuses root; then it runs as the user `postgres`. */
export async function serverUser(): Promise<User | null> {
  if (process.getuid?.() !== 0) return null;
  const users = await readFile('/etc/passwd', 'utf8');
  const [, , uid, gid] =
    users
      .split('\n')
      .find((line) => line.startsWith('postgres:'))
      ?.split(':') ?? [];
  if (uid === undefined || gid === undefined)
    throw new HoldfastError(
      'tool-missing',
      'A scratch place can not run as root, and there is no user "postgres".',
      {
        hint: 'Run the worker as another user than root, or create the user: `useradd --system postgres`.',
      },
    );
  return { uid: Number(uid), gid: Number(gid) };
}

/** Makes the data directory, with a random password for the superuser in a file that only its user can read. */
export async function initialise(
  directory: string,
  passwordFile: string,
  tools: Installation,
  user: User | null,
  work: WorkContext,
): Promise<void> {
  await writeFile(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
  if (user !== null) await chown(passwordFile, user.uid, user.gid);
  const data = join(directory, 'data');
  await run(
    {
      command: join(tools.directory, 'initdb'),
      args: [
        `--pgdata=${data}`,
        `--username=${superuser}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--no-sync',
      ],
      cwd: directory,
      env: { LC_ALL: 'C' },
      ...(user === null ? {} : { user }),
    },
    { signal: work.signal, timeout: 120 },
  ).catch((error: unknown) => {
    throw explainInitdb(error, directory);
  });
  await appendFile(join(data, 'postgresql.conf'), configuration(directory));
}

function explainInitdb(error: unknown, directory: string): unknown {
  if (!(error instanceof HoldfastError) || !/Permission denied/.test(error.message)) return error;
  return new HoldfastError(
    'access-denied',
    `The user "postgres" can't enter the scratch place ${directory}.`,
    {
      hint: 'Set HOLDFAST_SCRATCH_DIR to a directory which that user may pass through, or run the worker as that user.',
      cause: error,
    },
  );
}

/** Made to be fast and thrown away: no durability, no network, nothing in the background. */
function configuration(directory: string): string {
  const settings: Record<string, string> = {
    listen_addresses: "''",
    port: String(scratchPort),
    unix_socket_directories: `'${directory.replaceAll("'", "''")}'`,
    unix_socket_permissions: '0700',
    fsync: 'off',
    full_page_writes: 'off',
    synchronous_commit: 'off',
    autovacuum: 'off',
    wal_level: 'minimal',
    max_wal_senders: '0',
    max_wal_size: "'4GB'",
    checkpoint_timeout: "'30min'",
    maintenance_work_mem: "'256MB'",
    max_locks_per_transaction: '512',
    max_connections: '50',
    jit: 'off',
    // In its own directory: what a killed server leaves in the host's memory stays for ever.
    dynamic_shared_memory_type: 'mmap',
    logging_collector: 'off',
    lc_messages: "'C'",
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('');
}
