import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../process/index.ts';
import { cached } from '../setup/cache.mjs';

export type Owner = { uid: number; gid: number };

/** Who a PostgreSQL server runs as: it refuses root, so root lends it the user `postgres`. */
export async function postgresOwner(): Promise<Owner | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map((flag) => run({ command: 'id', args: [flag, 'postgres'] })),
  );
  return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) };
}

/** Makes a data directory by copying one that `initdb` made once for this version; a second becomes an instant. */
export async function createDataDirectory(
  bin: string,
  target: string,
  owner: Owner | undefined,
): Promise<void> {
  const version = /\) (\S+)/.exec(
    (await run({ command: join(bin, 'initdb'), args: ['--version'] })).stdout,
  )?.[1];
  const template = await cached(`initdb-${version ?? 'unknown'}`, (draft) => initialize(bin, draft, owner));
  await run({ command: 'cp', args: ['-a', join(template, 'data'), target] });
}

async function initialize(bin: string, draft: string, owner: Owner | undefined): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'holdfast-initdb-'));
  try {
    if (owner !== undefined) await chown(home, owner.uid, owner.gid);
    const args = [
      '-D',
      join(home, 'data'),
      '-U',
      'postgres',
      '--encoding=UTF8',
      '--locale=C.UTF-8',
      '--no-sync',
    ];
    await run({
      command: join(bin, 'initdb'),
      // The socket's directory is private; over TCP a password is asked for.
      args: [...args, '--auth-local=trust', '--auth-host=scram-sha-256'],
      cwd: home,
      ...(owner === undefined ? {} : { user: owner }),
    });
    await run({ command: 'cp', args: ['-a', join(home, 'data'), join(draft, 'data')] });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
