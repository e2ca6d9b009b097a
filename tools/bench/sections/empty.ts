import { claimRepositories, runBackup } from '../contenders/holdfast.ts';
import { timed } from '../measure.ts';
import type { Place } from '../place.ts';
import { startWorker } from '../worker.ts';

const least = 3;

/** Seconds of backups of a database without tables: what Holdfast adds to whatever the data takes. */
export async function measureEmpty(place: Place, runs: number): Promise<number[]> {
  const worker = await startWorker('fra', place.workerEnvironment);
  try {
    await claimRepositories(place);
    await runBackup(place, 'empty', 'bench/empty/first');
    const seconds: number[] = [];
    for (let run = 1; run <= Math.max(runs, least); run += 1)
      seconds.push((await timed(() => runBackup(place, 'empty', `bench/empty/${run}`))).seconds);
    return seconds;
  } finally {
    await worker.stop();
  }
}
