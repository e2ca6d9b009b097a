import { sweep } from '../repository/index.ts';
import type { SweepInput, SweepResult } from '../workflows/contract.ts';
import { withRepository } from './repositories.ts';
import type { Work } from './work.ts';

/** Removes what failed attempts left in a repository and no manifest names, once it is older than the grace time. */
export async function sweepRepository(
  work: Work,
  { repository, graceSeconds, dryRun }: SweepInput,
): Promise<SweepResult> {
  return withRepository(repository, work.signal, async (store) => {
    const swept = await sweep(store, { graceSeconds, dryRun, signal: work.signal });
    return {
      repository: repository.name,
      removed: swept.removed,
      kept: swept.kept.map(({ key, why }) => ({ key, sentence: why })),
      unfinishedUploads: swept.unfinished.removed,
    };
  });
}
