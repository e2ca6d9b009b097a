import { randomBytes } from 'node:crypto';
import { chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from '../../../process/index.ts';
import { type Owner, postgresOwner } from '../../servers/postgres-data.ts';
import { bytesBelow, timed } from '../measure.ts';
import type { Place } from '../place.ts';
import { withDatabase } from '../shop.ts';
import type { Rival } from './contender.ts';

const stanza = 'shop';

/**
 * A full backup by pgBackRest, zst and AES like ours, into a new local repository each time, run as the server's
 * user. It copies the whole server's files, all databases and indexes included, and keeps its write-ahead log.
 */
export async function pgbackrest(place: Place): Promise<Rival> {
  const owner = await postgresOwner();
  const home = join(place.directory, 'pgbackrest');
  const repository = join(home, 'repository');
  const config = join(home, 'pgbackrest.conf');
  const common = [`--config=${config}`, `--stanza=${stanza}`];
  const command = (...args: string[]) =>
    run(
      { command: 'pgbackrest', args: [...common, ...args], ...(owner === undefined ? {} : { user: owner }) },
      { signal: place.signal },
    );
  return {
    name: 'pgbackrest',
    backUp: async () => {
      for (const directory of [home, repository]) await makeFor(owner, directory);
      await writeFile(config, settings(place, home, repository), { mode: 0o600 });
      if (owner !== undefined) await chown(config, owner.uid, owner.gid);
      try {
        await command('stanza-create');
        await archiveBy(place, `pgbackrest ${common.join(' ')} archive-push %p`);
        const { seconds, cpuSeconds } = await timed(() => command('--type=full', 'backup'));
        return { seconds, cpuSeconds, parts: {}, storedBytes: await bytesBelow(repository) };
      } finally {
        await archiveBy(place, 'true');
        await rm(home, { recursive: true, force: true });
      }
    },
  };
}

function settings({ postgres }: Place, home: string, repository: string): string {
  return `[global]
repo1-path=${repository}
repo1-cipher-type=aes-256-cbc
repo1-cipher-pass=${randomBytes(12).toString('hex')}
repo1-retention-full=9
compress-type=zst
compress-level=3
process-max=${cpus().length}
start-fast=y
log-level-file=off
log-level-console=warn
lock-path=${join(home, 'lock')}
spool-path=${join(home, 'spool')}
[${stanza}]
pg1-path=${postgres.directory}
pg1-port=${postgres.port}
pg1-socket-path=${join(dirname(postgres.directory), 'socket')}
`;
}

async function makeFor(owner: Owner | undefined, directory: string): Promise<void> {
  await mkdir(directory, { mode: 0o750 });
  if (owner !== undefined) await chown(directory, owner.uid, owner.gid);
}

async function archiveBy({ postgres }: Place, command: string): Promise<void> {
  await withDatabase(postgres, 'postgres', async (client) => {
    await client.query(`alter system set archive_command = '${command}'`);
    await client.query('select pg_reload_conf()');
  });
}
