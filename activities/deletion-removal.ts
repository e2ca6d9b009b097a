import { HoldfastError } from '../policy/errors.ts';
import { directoryOf, listBackups } from '../repository/index.ts';
import { removeCopy, withDeleteCredentials } from '../repository/removal.ts';
import type { Store } from '../repository/store.ts';
import type { CopyRemoval } from '../workflows/contract-deletion.ts';
import { holdersOf } from './deletion-survey.ts';
import type { RemoveCopyInput } from './deletion-types.ts';
import { withRepository } from './repositories.ts';
import { readListing } from './retention-survey.ts';
import type { Work } from './work.ts';

/**
 * Removes every version of a copy for good, with the credentials that are kept for that, and looks that nothing is
 * left. An attempt goes on where the last one ended.
 *
 * @throws HoldfastError `service-unavailable` when versions are left that another attempt may remove, and what the
 *   store throws
 */
export async function removeBackupCopy(
  work: Work,
  { repository, backup, run }: RemoveCopyInput,
): Promise<CopyRemoval> {
  const { name } = repository;
  return withRepository(withDeleteCredentials(repository), work.signal, async (store) => {
    const obstacles = await newObstacles(store, backup, work.signal);
    if (obstacles.length > 0)
      return { backup, repository: name, outcome: 'denied', removed: 0, sentences: obstacles };
    const { outcome, removed, sentences, lockedUntil } = await removeCopy(store, backup, run, work.signal);
    if (outcome === 'incomplete')
      throw new HoldfastError(
        'service-unavailable',
        `Some of ${backup.backupId} is still in ${name}. ${sentences.join(' ')}`,
      );
    const until = lockedUntil === undefined ? {} : { lockedUntil };
    return { backup, repository: name, outcome, removed, sentences, ...until };
  });
}

/**
 * Holds and restores that came after the last look: a worker may take this work up long after it was given. Once the
 * removal has begun nothing is left to hold.
 */
async function newObstacles(
  store: Store,
  backup: RemoveCopyInput['backup'],
  signal: AbortSignal,
): Promise<string[]> {
  const [listing] = await listBackups(store, { prefix: directoryOf(backup) }, signal);
  const said = listing === undefined ? null : readListing(listing, store.name, false);
  if (said?.copies.some(({ deleting }) => deleting)) return [];
  const { holds, readers } = holdersOf(said);
  return [
    ...holds.map((id) => `The legal hold ${id} was put on it in ${store.name}; nothing of it was removed.`),
    ...readers.map(
      (until) =>
        `A restore is reading it in ${store.name}, until ${until} at the longest; nothing of it was removed.`,
    ),
  ];
}
