import { randomBytes } from 'node:crypto';
import { type FileHandle, link, mkdir, open, rename, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HoldfastError } from '../../policy/errors.ts';
import type { PutOutcome } from '../store.ts';
import { noHardLinks, systemCode } from './filesystem-errors.ts';
import { partPrefix } from './keys.ts';

/** A file that nobody sees yet: `.part-<random>` in the directory of its target. */
export type PartFile = { file: FileHandle; path: string; target: string; root: string; key: string };

/** Opens a part file for a key, making the folders above it (0700), never the root itself. */
export async function createPart(root: string, key: string): Promise<PartFile> {
  const target = join(root, key);
  const path = join(dirname(target), `${partPrefix}${randomBytes(8).toString('hex')}`);
  for (let attempt = 1; ; attempt += 1) {
    try {
      await makeFolders(root, key);
      return { file: await open(path, 'wx', 0o600), path, target, root, key };
    } catch (error) {
      // A removal beside us may take away a folder that was empty for a moment.
      if (systemCode(error) !== 'ENOENT' || attempt === 5) throw error;
    }
  }
}

/**
 * Gives a closed and synced part file its name, unless the name is taken, and makes that survive a power cut. Two
 * racing writers can't both win: link() fails when the name exists, and never replaces.
 */
export async function publishPart(part: PartFile): Promise<PutOutcome> {
  const outcome = await linkPart(part);
  await unlink(part.path);
  if (outcome === 'created') await syncFolder(dirname(part.target));
  return outcome;
}

/** As `publishPart`, in the place of the file that has the name: a reader gets the one or the other, and never neither. */
export async function replacePart(part: PartFile): Promise<PutOutcome> {
  await rename(part.path, part.target);
  await syncFolder(dirname(part.target));
  return 'created';
}

async function linkPart(part: PartFile): Promise<PutOutcome> {
  try {
    await link(part.path, part.target);
    return 'created';
  } catch (error) {
    if (noHardLinks(error))
      throw new HoldfastError('bad-policy', 'This file system has no hard links.', {
        hint: 'Create-only writing needs them: use ext4, XFS, ZFS, btrfs or NFS, or an S3 store.',
        cause: error,
      });
    if (systemCode(error) !== 'EEXIST') throw error;
    // NFS may answer "exists" to the repetition of a request that it had carried out.
    const [ours, there] = await Promise.all([stat(part.path), stat(part.target)]);
    return ours.ino === there.ino && ours.dev === there.dev ? 'created' : 'exists';
  }
}

/** Closes and removes a part file and the folders made for it; what can't be removed now is left to the sweep. */
export async function dropPart(part: PartFile): Promise<void> {
  await part.file.close().catch(() => undefined);
  await unlink(part.path).catch(() => undefined);
  await pruneFolders(part.root, part.key);
}

/** Removes the folders above a key that are empty now, up to the root, which stays, and makes that survive a power cut. */
export async function pruneFolders(root: string, key: string): Promise<void> {
  const folders = key.split('/').slice(0, -1);
  for (; folders.length > 0; folders.pop()) {
    try {
      await rmdir(join(root, ...folders));
      await syncFolder(join(root, ...folders.slice(0, -1)));
    } catch {
      return;
    }
  }
}

async function makeFolders(root: string, key: string): Promise<void> {
  let parent = root;
  for (const segment of key.split('/').slice(0, -1)) {
    const folder = join(parent, segment);
    if (await makeFolder(folder)) await syncFolder(parent);
    parent = folder;
  }
}

async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Makes what has changed in a folder survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
