import { dirname } from 'node:path';
import { driverFor } from '../sources/index.ts';
import type { WorkContext } from '../sources/source.ts';
import type { Tidied } from '../workflows/contract-checks.ts';
import type { Work } from './work.ts';
import { sweepWorkRoot } from './work-root.ts';

/** Removes what workers of this host that are gone left behind: private directories and scratch places (law 13). */
export async function leftBehind(workRoot: string, log: WorkContext['log']): Promise<string[]> {
  return [...(await sweepWorkRoot(workRoot)), ...(await driverFor('postgres').sweepScratch(log))];
}

/** As `leftBehind`, while the worker works; a start alone would leave it until the next one. */
export async function tidy(work: Work): Promise<Tidied> {
  const removed = await leftBehind(dirname(work.directory), work.log);
  if (removed.length > 0) work.log('warn', 'Removed what a worker that is gone had left behind', { removed });
  return { removed };
}
