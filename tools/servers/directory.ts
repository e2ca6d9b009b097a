import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const prefix = 'holdfast-server-';

/**
 * A temporary directory for one server, named after this process. Removes those whose process was killed before it
 * could clean up.
 */
export async function serverDirectory(): Promise<string> {
  for (const name of await readdir(tmpdir())) {
    const owner = /^holdfast-server-(\d+)-/.exec(name)?.[1];
    if (owner !== undefined && !isAlive(Number(owner))) await removeDirectory(join(tmpdir(), name));
  }
  const directory = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
  await chmod(directory, 0o711);
  return directory;
}

/** Removes a server's directory, also while its last child processes are still writing their goodbye. */
export async function removeDirectory(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
