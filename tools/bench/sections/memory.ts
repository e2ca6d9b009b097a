import { claimRepositories, runBackup } from '../contenders/holdfast.ts';
import type { MemoryFact } from '../facts.ts';
import type { Place } from '../place.ts';
import { databaseBytes } from '../shop.ts';
import { startWorker } from '../worker.ts';

/** The most memory that a fresh worker's process takes for one backup, of the small and of the large database. */
export async function measureMemory(place: Place, runs: number): Promise<MemoryFact[]> {
  const facts: MemoryFact[] = [];
  for (const [plan, database] of [
    ['small', 'small'],
    ['counts', 'shop'],
  ] as const) {
    const peaks: number[] = [];
    let idleBytes = 0;
    for (let run = 1; run <= runs; run += 1) {
      const worker = await startWorker('fra', place.workerEnvironment);
      try {
        await claimRepositories(place);
        idleBytes = (await worker.memory()).nowBytes;
        await runBackup(place, plan, `bench/memory/${plan}/${run}`);
        peaks.push((await worker.memory()).peakBytes);
      } finally {
        await worker.stop();
      }
    }
    facts.push({ databaseBytes: await databaseBytes(place.postgres, database), idleBytes, peakBytes: peaks });
  }
  return facts;
}
