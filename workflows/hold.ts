import { workflowInfo } from '@temporalio/workflow';
import { openTrail } from './audit.ts';
import { recordOutcome } from './board.ts';
import type { HoldInput, HoldOutcome, HoldResult } from './contract-retention.ts';
import { failWith, reasonOf } from './failures.ts';
import { activitiesIn, patient } from './proxies.ts';

/**
 * Puts a backup under a legal hold in every repository that has a copy, or releases it there. A copy that could not be
 * reached is an exception: it is not held.
 */
export async function hold(input: HoldInput): Promise<HoldResult> {
  const { backup, repositories, mode, by, reason } = input;
  const fault = faultIn('name', by, 100) ?? faultIn('reason', reason, 500);
  if (fault !== null) throw failWith({ code: 'bad-usage', sentence: fault });
  const id = workflowInfo().runId.replaceAll('-', '').slice(-8);
  const at = workflowInfo().startTime.toISOString();
  const outcomes = await Promise.all(
    repositories.map(async (repository): Promise<HoldOutcome> => {
      try {
        return await activitiesIn(repository.zone, { within: 900, attempts: 5, patience: patient }).holdCopy({
          repository,
          backup,
          mode,
          by,
          reason,
          id,
          at,
        });
      } catch (error) {
        const { sentence } = reasonOf(error);
        // Markers reach an air-gapped repository when it is filled.
        const outcome = repository.manual === undefined ? 'failed' : 'away';
        return { repository: repository.name, outcome, sentence };
      }
    }),
  );
  const done = outcomes.filter(({ outcome }) => outcome === 'held' || outcome === 'released');
  const failed = outcomes.filter(({ outcome }) => outcome === 'failed');
  if (done.length === 0) {
    recordOutcome('failed');
    throw failWith({
      code: failed.length > 0 ? 'unreachable' : 'not-found',
      sentence:
        failed.map(({ sentence }) => sentence).join(' ') ||
        `No repository holds a copy of ${backup.backupId}.`,
    });
  }
  await openTrail(input.audit, input.zone).record({
    action: mode === 'hold' ? 'backup.held' : 'backup.released',
    subject: `${backup.source}/${backup.backupId}`,
    outcome: 'done',
    person: by,
    reason,
    facts: { repositories: done.map(({ repository }) => repository).join(', ') },
  });
  const result = failed.length === 0 ? 'passed' : 'passed-with-exceptions';
  recordOutcome(result);
  return { result, backup, id, repositories: outcomes };
}

/** Both are shown to people and written into markers: one line of text. */
function faultIn(what: string, text: string, most: number): string | null {
  if (text.trim() !== '' && text.length <= most && !/\p{Cc}/u.test(text)) return null;
  return `The ${what} must be one line of at most ${most} characters.`;
}
