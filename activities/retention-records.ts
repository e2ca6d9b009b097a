import type { ResolvedRepository } from '../policy/resolved.ts';
import { recordRetention as record } from '../repository/index.ts';
import type { RetentionRecord } from '../workflows/contract-retention.ts';
import { withRepository } from './repositories.ts';
import type { Work } from './work.ts';

/** Leaves word of a run in a repository: the next run asks when its rules are shorter, or when nothing is listed. */
export async function recordRetention(
  work: Work,
  input: { repository: ResolvedRepository; record: RetentionRecord },
): Promise<void> {
  await withRepository(input.repository, work.signal, (store) => record(store, input.record, work.signal));
}
