import {
  CancellationScope,
  condition,
  defineSignal,
  isCancellation,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type { ResolvedRepository } from '../policy/resolved.ts';
import { type Happening, openTrail, type Trail } from './audit.ts';
import { recordOutcome } from './board.ts';
import type { Reason } from './contract.ts';
import {
  type RestoreAttempt,
  type RestoreInput,
  type RestoreResult,
  releaseSignal,
} from './contract-restore.ts';
import { failWith, reasonOf } from './failures.ts';
import { activitiesIn, patient } from './proxies.ts';
import { isScheduled, requireSecondFactor } from './second-factor.ts';
import { isAsleep, untilAwake } from './thaw.ts';

const aDay = 86_400;
const release = defineSignal(releaseSignal);

/**
 * Restores a backup into a scratch place of its own (law 5), from the nearest copy that works, and compares what
 * came out with the fingerprint taken with the backup. The scratch place is destroyed when the workflow ends, also
 * after a failure or a cancellation (law 13); with `keep` it stays so long for people, or until the signal `release`.
 * That it began is recorded beside it and not before it: a restore waits for no audit log.
 */
export async function restore(input: RestoreInput): Promise<RestoreResult> {
  const trail = openTrail(input.audit, input.zone);
  await admit(input, trail);
  const begun = trail.tryRecord(happening(input, 'backup.retrieved', 'done'));
  try {
    const result = await restoreAny(input);
    const outcome = result.result === 'failed' ? 'failed' : 'done';
    const facts = {
      repository: result.repository,
      seconds: Math.round(result.seconds),
      result: result.result,
    };
    const ended = await trail.tryRecord({ ...happening(input, 'backup.restored', outcome), facts });
    const unrecorded = new Set([await begun, ended].filter((sentence) => sentence !== null));
    return { ...result, warnings: [...result.warnings, ...unrecorded] };
  } catch (error) {
    const reason = reasonOf(error).sentence;
    await begun;
    await trail.tryRecord({ ...happening(input, 'backup.restored', 'failed'), reason });
    throw error;
  }
}

/** Where the policy says so, only a request signed with a hardware-backed key starts a restore. */
async function admit({ secondFactor, backup, zone, request }: RestoreInput, trail: Trail): Promise<void> {
  if (secondFactor === undefined || isScheduled()) return;
  const subject = `${backup.source}/${backup.backupId}`;
  try {
    await requireSecondFactor(trail, { zone, kind: 'restore', subject, people: secondFactor, request });
  } catch (error) {
    recordOutcome(isCancellation(error) ? 'aborted' : 'failed');
    throw isCancellation(error) ? error : failWith(reasonOf(error));
  }
}

function happening(
  { backup, person, zone }: RestoreInput,
  action: 'backup.retrieved' | 'backup.restored',
  outcome: Happening['outcome'],
): Happening {
  return { action, subject: `${backup.source}/${backup.backupId}`, outcome, person, facts: { zone } };
}

async function restoreAny(input: RestoreInput): Promise<RestoreResult> {
  let released = false;
  setHandler(release, () => {
    released = true;
  });
  const exceptions: string[] = [];
  let reason: Reason = { code: 'not-found', sentence: 'No repository holds a copy of this backup.' };
  const queue = input.candidates.map((repository) => ({ repository, asleep: false }));
  for (const { repository, asleep } of queue) {
    try {
      if (asleep && input.thaw !== undefined) await untilAwake(input, repository, input.thaw);
      else if (await isAsleep(input, repository)) {
        // After all that can be read now, however near it is.
        queue.push({ repository, asleep: true });
        continue;
      }
      setCurrentDetails(
        `Restoring \`${input.backup.backupId}\` from **${repository.name}** in zone ${input.zone}`,
      );
      const attempt = await restoreFrom(input, repository, () => released);
      return conclude(input, attempt, exceptions);
    } catch (error) {
      if (isCancellation(error)) {
        recordOutcome('aborted');
        throw error;
      }
      reason = reasonOf(error);
      exceptions.push(`The copy in ${repository.name} could not be used: ${reason.sentence}`);
    }
  }
  recordOutcome('failed');
  throw failWith(exceptions.length > 1 ? { code: reason.code, sentence: exceptions.join(' ') } : reason);
}

/** One attempt; the scratch place lives inside the activity, which ends when the signal cancels it. */
async function restoreFrom(
  input: RestoreInput,
  repository: ResolvedRepository,
  released: () => boolean,
): Promise<RestoreAttempt> {
  const { candidates: _, ...question } = input;
  const work = activitiesIn(input.zone, { within: input.keep + aDay, attempts: 2, patience: patient });
  const scope = new CancellationScope();
  const attempt = scope.run(() => work.restoreIntoScratch({ ...question, repository }));
  const watcher = new CancellationScope();
  watcher
    .run(async () => {
      await condition(released);
      scope.cancel();
    })
    .catch(() => undefined);
  try {
    return await attempt;
  } finally {
    watcher.cancel();
  }
}

function conclude(input: RestoreInput, attempt: RestoreAttempt, exceptions: string[]): RestoreResult {
  const compared =
    attempt.differences === null
      ? ['The backup was made without a fingerprint: nothing to compare with.']
      : [];
  const all = [...exceptions, ...compared, ...(attempt.leftOut ?? [])];
  const result =
    (attempt.differences ?? []).length > 0 ? 'failed' : all.length > 0 ? 'passed-with-exceptions' : 'passed';
  recordOutcome(result);
  setCurrentDetails(
    `**${result}**: \`${input.backup.backupId}\` restored from ${attempt.repository} and compared`,
  );
  return { ...attempt, result, backup: input.backup, exceptions: all };
}
