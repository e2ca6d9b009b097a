import { workflowInfo } from '@temporalio/workflow';
import type { ResolvedRepository } from '../policy/resolved.ts';
import type { CopyRemoval, DeletionInput, DeletionList } from './contract-deletion.ts';
import type { Desk } from './deletion-desk.ts';
import { nameOf } from './deletion-text.ts';
import { reasonOf } from './failures.ts';
import { activitiesIn } from './proxies.ts';

const aDay = 86_400;
/** With the pauses between them, about an hour. */
const attempts = 15;

/**
 * Removes every copy of a list, each by a worker of its repository's zone, the repositories side by side. What could
 * not be removed is told, and stops no other copy.
 */
export async function removeAll(
  input: DeletionInput,
  list: DeletionList,
  desk: Desk,
): Promise<CopyRemoval[]> {
  const waiting = list.items.flatMap(({ backup, copies }) =>
    copies.map(
      ({ repository }): CopyRemoval => ({
        backup,
        repository,
        outcome: 'waiting',
        removed: 0,
        sentences: [],
      }),
    ),
  );
  desk.show({ copies: waiting });
  const run = workflowInfo().firstExecutionRunId.replaceAll('-', '').slice(-8);
  await Promise.all(
    input.repositories.map(async (repository) => {
      for (const copy of waiting.filter((each) => each.repository === repository.name)) {
        const removal = await removeOne(repository, copy, run);
        desk.show({
          copies: desk.state().copies.map((each) => (isSame(each, removal) ? removal : each)),
        });
      }
    }),
  );
  return desk.state().copies;
}

const isSame = (a: CopyRemoval, b: CopyRemoval): boolean =>
  a.repository === b.repository && nameOf(a.backup) === nameOf(b.backup);

async function removeOne(
  repository: ResolvedRepository,
  copy: CopyRemoval,
  run: string,
): Promise<CopyRemoval> {
  try {
    return await activitiesIn(repository.zone, { within: aDay, attempts }).removeBackupCopy({
      repository,
      backup: copy.backup,
      run,
    });
  } catch (error) {
    return { ...copy, outcome: 'failed', sentences: [reasonOf(error).sentence] };
  }
}
