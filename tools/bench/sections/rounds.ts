import type { Rival } from '../contenders/contender.ts';
import { claimRepositories, holdfast, runBackup } from '../contenders/holdfast.ts';
import { pgbackrest } from '../contenders/pgbackrest.ts';
import { restic } from '../contenders/restic.ts';
import { makeKeyring, pipe, script, shell } from '../contenders/shell.ts';
import type { Sample, Section } from '../facts.ts';
import { settle, timed } from '../measure.ts';
import type { Place } from '../place.ts';
import { type BenchWorker, startWorker } from '../worker.ts';

export type Rounds = { floorSeconds: number[]; dumpBytes: number; samples: Sample[] };

/**
 * Lets all contenders of the wanted sections make backups of the same database, in turns, so that whatever changes
 * on the machine meanwhile meets all of them.
 */
export async function runRounds(
  place: Place,
  wanted: { sections: readonly Section[]; runs: number },
  say: (text: string) => void,
): Promise<Rounds> {
  const keyring = await makeKeyring(place);
  const worker = await startWorker('fra', place.workerEnvironment);
  try {
    await claimRepositories(place);
    const rivals = await rivalsOf(place, wanted.sections, { keyring, worker });
    // Brings the database into memory, and the worker's code through its compiler: neither is to be measured.
    await dumpToNowhere(place);
    await runBackup(place, 'empty', 'bench/warm-up');
    const rounds: Rounds = { floorSeconds: [], dumpBytes: await dumpBytes(place), samples: [] };
    for (let round = 1; round <= wanted.runs; round += 1) {
      await settle(place.signal);
      rounds.floorSeconds.push(await dumpToNowhere(place));
      for (const rival of rivals) {
        await settle(place.signal);
        const sample = { contender: rival.name, ...(await rival.backUp(round)) };
        say(`  round ${round}: ${rival.name} ${sample.seconds.toFixed(1)} s`);
        rounds.samples.push(sample);
      }
    }
    return rounds;
  } finally {
    await worker.stop();
  }
}

const modes = ['one', 'off', 'checksums'] as const;

async function rivalsOf(
  place: Place,
  wanted: readonly Section[],
  { keyring, worker }: { keyring: string; worker: BenchWorker },
): Promise<Rival[]> {
  const all: [Section, Rival[]][] = [
    ['pipe', [pipe(place, keyring), ...modes.map((mode) => holdfast(place, worker, mode))]],
    ['script', [script(place, keyring)]],
    ['restic', [restic(place)]],
    ['pgbackrest', [await pgbackrest(place)]],
  ];
  const others = all.flatMap(([section, rivals]) => (wanted.includes(section) ? rivals : []));
  // Everybody is compared with Holdfast as it comes.
  return [holdfast(place, worker, 'counts'), ...others];
}

async function dumpToNowhere(place: Place): Promise<number> {
  return (await timed(() => shell(place, 'pg_dump -Fc -Z0 > /dev/null'))).seconds;
}

async function dumpBytes(place: Place): Promise<number> {
  return Number(await shell(place, 'pg_dump -Fc -Z0 | wc -c'));
}
