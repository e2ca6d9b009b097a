import { keyOf, markerName } from '../repository/index.ts';
import type { MarkTestedInput } from '../workflows/contract-restore-test.ts';
import { withoutLock, withRepository } from './repositories.ts';
import type { Work } from './work.ts';

/** Says beside a copy what its restore test came to, and where the report is. */
export async function markTested(work: Work, input: MarkTestedInput): Promise<void> {
  const { repository, backup, at, result, verdict, plan, workflowId, runId, report } = input;
  const body = { format: 'holdfast-tested/1', at, result, verdict, plan, workflowId, runId, report };
  await withRepository(withoutLock(repository), work.signal, (store) =>
    store.putIfAbsent(
      keyOf(backup, markerName({ kind: 'tested', at, result })),
      Buffer.from(`${JSON.stringify(body, null, 2)}\n`),
      work.signal,
    ),
  );
}
