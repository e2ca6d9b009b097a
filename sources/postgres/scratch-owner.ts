import { readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { isGone, startOfProcess, thisProcess } from '../../process/index.ts';
import type { WorkContext } from '../source.ts';

const ownerSchema = z.object({
  host: z.string(),
  pid: z.int(),
  started: z.string(),
  workflowId: z.string(),
});

const ownerFile = 'owner.json';
/** A directory without an owner's name may be one that is being made. */
const graceSeconds = 600;

/** Writes down whose scratch place this is. */
export async function writeOwner(directory: string, workflowId: string): Promise<void> {
  const owner: z.infer<typeof ownerSchema> = { ...(await thisProcess()), workflowId };
  await writeFile(join(directory, ownerFile), JSON.stringify(owner), { mode: 0o600 });
}

/**
 * Removes the scratch places below a directory whose owner is gone, with the servers that still run in them.
 * Places of other hosts, and new ones without an owner yet, stay.
 */
export async function sweepPlaces(base: string, prefix: string, log: WorkContext['log']): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await readdir(base).catch(() => [])) {
    const directory = join(base, name);
    if (!name.startsWith(prefix) || (await isOwned(directory))) continue;
    await endServer(directory);
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
    log('info', `Removed the scratch place ${directory}, whose owner is gone.`);
    removed.push(directory);
  }
  return removed;
}

async function isOwned(directory: string): Promise<boolean> {
  const text = await readFile(join(directory, ownerFile), 'utf8').catch(() => null);
  const owner = text === null ? null : ownerSchema.safeParse(parseJson(text)).data;
  if (owner === null || owner === undefined) return isNew(directory);
  return !(await isGone(owner));
}

async function isNew(directory: string): Promise<boolean> {
  const facts = await stat(directory).catch(() => null);
  return facts !== null && Date.now() - facts.mtimeMs < graceSeconds * 1000;
}

/** Kills the server that runs in the directory; the process must be working there, whatever its id says. */
async function endServer(directory: string): Promise<void> {
  const data = join(directory, 'data');
  const pidFile = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(pidFile.split('\n')[0]);
  if (!Number.isSafeInteger(pid) || pid <= 1) return;
  const where = await readlink(`/proc/${pid}/cwd`).catch(() => null);
  if (where !== data) return;
  const started = await startOfProcess(pid);
  for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
    process.kill(pid, signal);
    const deadline = Date.now() + 10_000;
    while (Date.now() < deadline) {
      if ((await startOfProcess(pid)) !== started) return;
      await setTimeout(50);
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
