import { chmod, lstat, mkdir } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
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
