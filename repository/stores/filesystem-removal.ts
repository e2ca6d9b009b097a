import { unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HoldfastError } from '../../policy/errors.ts';
import type { Removal, StoredVersion } from '../store.ts';
import { filesystemError, systemCode } from './filesystem-errors.ts';
import { pruneFolders, syncFolder } from './filesystem-files.ts';
import { checkSignal } from './signal.ts';

/**
 * Removes files for good: when this returns, a power cut does not bring one back. Folders that are empty then go too.
 *
 * @throws HoldfastError what concerns every file alike, such as a disk that fails
 */
export async function removeFiles(
  place: { root: string; repository: string },
  versions: readonly StoredVersion[],
  signal: AbortSignal | undefined,
): Promise<Removal[]> {
  const removals: Removal[] = [];
  const emptied = new Map<string, string>();
  for (const version of versions) {
    checkSignal(signal, `removing ${version.key}`);
    const removal = await removeFile(place, version);
    removals.push(removal);
    if (removal.outcome === 'removed') emptied.set(dirname(version.key), version.key);
  }
  for (const [folder, key] of emptied) {
    await syncFolder(join(place.root, folder));
    await pruneFolders(place.root, key);
  }
  return removals;
}

async function removeFile(
  { root, repository }: { root: string; repository: string },
  version: StoredVersion,
): Promise<Removal> {
  try {
    await unlink(join(root, version.key));
    return { ...version, outcome: 'removed' };
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return { ...version, outcome: 'gone' };
    const error = filesystemError(thrown, repository, `removing ${version.key}`);
    if (!(error instanceof HoldfastError) || error.code !== 'access-denied') throw error;
    return { ...version, outcome: 'denied', sentence: error.sentence };
  }
}
