import { stat } from 'node:fs/promises';
import { HoldfastError } from '../../policy/errors.ts';
import { systemCode } from './filesystem-errors.ts';

/** The directory of a repository, and the repository's name for what is told to people. */
export type Place = { root: string; repository: string };

/**
 * Which directory the root is now: its device and inode.
 *
 * @throws HoldfastError `not-found` when it is no directory
 */
export async function identify({ root, repository }: Place): Promise<string> {
  const facts = await stat(root).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error;
    throw new HoldfastError('not-found', `Repository ${repository}: ${root} does not exist.`, {
      hint: 'Is the disk mounted? Holdfast does not make this directory itself.',
      cause: error,
    });
  });
  if (!facts.isDirectory())
    throw new HoldfastError('not-found', `Repository ${repository}: ${root} is not a directory.`);
  return `${facts.dev}:${facts.ino}`;
}

/** @throws HoldfastError `unreachable` when the root is no longer the directory that it was */
export async function checkSame(place: Place, before: string): Promise<void> {
  if ((await identify(place)) === before) return;
  throw new HoldfastError(
    'unreachable',
    `Repository ${place.repository}: ${place.root} was mounted or unmounted.`,
    { hint: 'The listing does not count; it is tried again.' },
  );
}
