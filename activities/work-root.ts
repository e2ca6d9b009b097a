import { lstat, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isGone, startOfProcess, thisProcess } from '../process/index.ts';

/** Name prefix of the directories that activities work in, each with its owner in the file `owner`. */
export const workPrefix = 'w-';

const ownerFile = 'owner';
const ownerSchema = z.object({ host: z.string(), pid: z.int(), started: z.string() });

/** A directory that has no owner may be one that is being made. */
const graceMs = 60_000;

/** Writes down that a directory is this process's. */
export async function ownDirectory(directory: string): Promise<void> {
  await writeFile(join(directory, ownerFile), JSON.stringify(await thisProcess()), { mode: 0o600 });
}

/** Removes what activities of workers of this host that are gone left behind (law 13); the names removed. */
export async function sweepWorkRoot(root: string): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await readdir(root)) {
    if (!name.startsWith(workPrefix)) continue;
    const directory = join(root, name);
    if (await isOwned(directory)) continue;
    await rm(directory, { recursive: true, force: true });
    removed.push(name);
  }
  return removed;
}

async function isOwned(directory: string): Promise<boolean> {
  const text = await readFile(join(directory, ownerFile), 'utf8').catch(() => '');
  const found = parsed(text);
  // Version 0.1 wrote the process id alone, and may be working beside this one.
  if (typeof found === 'number') return (await startOfProcess(found)) !== 'gone';
  const owner = ownerSchema.safeParse(found).data;
  if (owner !== undefined) return !(await isGone(owner));
  const facts = await lstat(directory).catch(() => null);
  return facts === null || facts.mtimeMs > Date.now() - graceMs;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
