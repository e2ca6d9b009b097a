import { unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HoldfastError } from '../../policy/errors.ts';
import type { Removal, StoredVersion } from '../store.ts';
import { filesystemError, systemCode } from './filesystem-errors.ts';
import { pruneFolders, syncFolder } from './filesystem-files.ts';
import type { Place } from './filesystem-root.ts';
import { factsOf, walk } from './filesystem-walk.ts';
import { checkSignal } from './signal.ts';

/**
 * Removes files for good: when this returns, a power cut does not bring one back. Folders that are empty then go too.
 *
 * @throws HoldfastError what concerns every file alike, such as a disk that fails
 */
export async function removeFiles(
  place: Place,
  versions: readonly StoredVersion[],
  signal: AbortSignal | undefined,
): Promise<Removal[]> {
  const removals: Removal[] = [];
  const emptied = new Map<string, string>();
  for (const version of versions) {
    checkSignal(signal, `removing ${version.key}`);
    const removal = await removeVersion(place, version);
    removals.push(removal);
    if (removal.outcome === 'removed') emptied.set(dirname(version.key), version.key);
  }
  for (const [folder, key] of emptied) {
    await syncFolder(join(place.root, folder));
    await pruneFolders(place.root, key);
  }
  return removals;
}

async function removeVersion({ root, repository }: Place, version: StoredVersion): Promise<Removal> {
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

/** Removes a file, if it is there, and the folders that are empty then. */
export async function removeFile(root: string, key: string): Promise<void> {
  try {
    await unlink(join(root, key));
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
  await pruneFolders(root, key);
}

/** Removes files that were never finished, those of the last seconds excepted: somebody may be writing them. */
export async function sweepParts(
  root: string,
  olderThanSeconds: number,
  signal: AbortSignal | undefined,
): Promise<{ removed: number; kept: number }> {
  const counts = { removed: 0, kept: 0 };
  for await (const { key, path } of walk(root, '', true)) {
    checkSignal(signal, 'sweeping unfinished files');
    const facts = await factsOf(path);
    if (facts === null) continue;
    if (Date.now() - facts.modifiedAt.getTime() < olderThanSeconds * 1000) {
      counts.kept += 1;
      continue;
    }
    await removeFile(root, key);
    counts.removed += 1;
  }
  return counts;
}
