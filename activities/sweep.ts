import { sweep } from '../repository/index.ts';
import { withDeleteCredentials } from '../repository/removal.ts';
import type { SweepInput, SweepResult } from '../workflows/contract-upkeep.ts';
import { withRepository } from './repositories.ts';
import type { Work } from './work.ts';

/**
 * Removes what failed attempts left in a repository and no manifest names, once it is older than the grace time, and
 * finishes removals that were cut short, with the credentials for that.
 */
export async function sweepRepository(
  work: Work,
  { repository, graceSeconds, dryRun }: SweepInput,
): Promise<SweepResult> {
  return withRepository(repository, work.signal, async (store) => {
    const swept = await sweep(store, {
      graceSeconds,
      dryRun,
      removing: (body) => withRepository(withDeleteCredentials(repository), work.signal, body),
      signal: work.signal,
    });
    return {
      repository: repository.name,
      removed: swept.removed,
      kept: swept.kept.map(({ key, why }) => ({ key, sentence: why })),
      unfinishedUploads: swept.unfinished.removed,
    };
  });
}
