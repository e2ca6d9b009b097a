import { chmod, lstat, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { workPrefix } from '../activities/index.ts';
import { HoldfastError } from '../policy/errors.ts';

/**
 * The private directory (0700) below which the activities of this host work: short, because gpg puts sockets there.
 * `HOLDFAST_WORK_DIR` moves it.
 *
 * @throws HoldfastError `access-denied` when it belongs to somebody else.
 */
export async function openWorkRoot(): Promise<string> {
  const root = process.env.HOLDFAST_WORK_DIR ?? join(tmpdir(), `holdfast-${userInfo().uid}`);
  await mkdir(root, { recursive: true, mode: 0o700 });
  const facts = await lstat(root);
  if (!facts.isDirectory() || facts.uid !== userInfo().uid) {
    throw new HoldfastError('access-denied', `The work directory ${root} is not a directory of this user.`, {
      hint: 'Remove it, or set HOLDFAST_WORK_DIR to a private directory.',
    });
  }
  await chmod(root, 0o700);
  return root;
}

/** Removes what activities of workers that are gone left behind (law 13); the names removed. */
export async function sweepWorkRoot(root: string): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await readdir(root)) {
    if (!name.startsWith(workPrefix)) continue;
    const directory = join(root, name);
    if (await ownerLives(directory)) continue;
    await rm(directory, { recursive: true, force: true });
    removed.push(name);
  }
  return removed;
}

async function ownerLives(directory: string): Promise<boolean> {
  const owner = Number(await readFile(join(directory, 'owner'), 'utf8').catch(() => 'NaN'));
  // Without an owner it may have been made a moment ago; the next start sees it again.
  if (Number.isNaN(owner)) return (await lstat(directory)).mtimeMs > Date.now() - 60_000;
  try {
    process.kill(owner, 0);
    return true;
  } catch {
    return false;
  }
}
