import { dirname } from 'node:path';
import { driverFor } from '../sources/index.ts';
import { sweepServer, targetOn } from '../sources/postgres/index.ts';
import type { WorkContext } from '../sources/source.ts';
import type { HealthInput, Tidied } from '../workflows/contract-checks.ts';
import { isWorkflowOver } from './on-server.ts';
import { inputOfRun } from './run-input.ts';
import type { Work } from './work.ts';
import { sweepWorkRoot } from './work-root.ts';

/** Removes what workers of this host that are gone left behind: private directories and scratch places (law 13). */
export async function leftBehind(workRoot: string, log: WorkContext['log']): Promise<string[]> {
  return [...(await sweepWorkRoot(workRoot)), ...(await driverFor('postgres').sweepScratch(log))];
}

/**
 * As `leftBehind`, while the worker works: a start alone would leave it until the next one. And the scratch databases of
 * runs that are over, on the servers of this zone.
 *
 * @throws what the first server threw that could not be asked, after all the others were
 */
export async function tidy(work: Work): Promise<Tidied> {
  const removed = await leftBehind(dirname(work.directory), work.log);
  const { scratchServers = [] } = await inputOfRun<HealthInput>();
  const faults: unknown[] = [];
  for (const server of scratchServers.filter(({ zone }) => zone === work.zone)) {
    try {
      const databases = await sweepServer(targetOn(server), () => work, { isOver: isWorkflowOver });
      removed.push(...databases.map((name) => `${name} on ${server.name}`));
    } catch (error) {
      faults.push(error);
    }
  }
  if (removed.length > 0) work.log('warn', 'Removed what a worker that is gone had left behind', { removed });
  if (faults.length > 0) throw faults[0];
  return { removed };
}
