import { chmod, mkdtemp, readdir, rm, statfs } from 'node:fs/promises';

const place = '/dev/shm';
const gibibyte = 2 ** 30;
/** What the tests with servers need at most at a time, and as much again. */
const needed = 4 * gibibyte;

let directory: string | undefined;

/**
 * Puts what tests write into memory where there is plenty of it: servers that make and remove thousands of files wait for
 * a disk ten times longer than they work.
 */
export async function useMemory(): Promise<void> {
  if (directory !== undefined) return;
  await sweep();
  if ((await room()) < needed || process.availableMemory() < 2 * needed) return;
  directory = await mkdtemp(`${place}/hf-${process.pid}-`);
  // As /tmp is: servers run as another user.
  await chmod(directory, 0o1777);
  process.env.TMPDIR = directory;
}

export async function leaveMemory(): Promise<void> {
  if (directory === undefined) return;
  delete process.env.TMPDIR;
  await rm(directory, { recursive: true, force: true });
  directory = undefined;
}

/** Removes what runs left that were killed: nothing else gives the memory back. */
async function sweep(): Promise<void> {
  for (const name of await readdir(place).catch(() => [])) {
    const owner = /^hf-(\d+)-/.exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    await rm(`${place}/${name}`, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function room(): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(place);
    return bavail * bsize;
  } catch {
    return 0;
  }
}
