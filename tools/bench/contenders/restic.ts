import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesBelow, timed } from '../measure.ts';
import type { Place } from '../place.ts';
import type { Rival } from './contender.ts';
import { shell } from './shell.ts';

/** restic, fed by pg_dump, into a new local repository each time, so that nothing is there already. */
export function restic(place: Place): Rival {
  const repository = join(place.directory, 'restic');
  const env = {
    RESTIC_REPOSITORY: repository,
    RESTIC_PASSWORD: randomBytes(12).toString('hex'),
    RESTIC_CACHE_DIR: join(place.directory, 'restic-cache'),
  };
  return {
    name: 'restic',
    backUp: async () => {
      await shell(place, 'restic init --quiet', env);
      const { seconds, cpuSeconds } = await timed(() =>
        shell(place, 'pg_dump -Fc -Z0 | restic backup --quiet --stdin --stdin-filename shop.dump', env),
      );
      const storedBytes = await bytesBelow(repository);
      await rm(repository, { recursive: true });
      await rm(env.RESTIC_CACHE_DIR, { recursive: true, force: true });
      return { seconds, cpuSeconds, parts: {}, storedBytes };
    },
  };
}
