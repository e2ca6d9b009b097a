import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../process/index.ts';
import { busySeconds } from './machine.ts';

/** Runs work and tells how long it took, and how much all processors worked meanwhile; seconds. */
export async function timed<T>(
  work: () => Promise<T>,
): Promise<{ result: T; seconds: number; cpuSeconds: number }> {
  const start = { at: performance.now(), busy: busySeconds() };
  const result = await work();
  return { result, seconds: (performance.now() - start.at) / 1000, cpuSeconds: busySeconds() - start.busy };
}

/** Brings everything to the disk that the last contender left behind, so that the next does not pay for it. */
export async function settle(signal: AbortSignal): Promise<void> {
  await run({ command: 'sync', args: [] }, { signal });
}

/** Bytes of a file, or of all files below a directory. */
export async function bytesBelow(path: string): Promise<number> {
  const facts = await stat(path);
  if (!facts.isDirectory()) return facts.size;
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(({ parentPath, name }) => stat(join(parentPath, name))));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}
