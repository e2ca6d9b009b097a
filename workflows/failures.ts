import { ActivityFailure, ApplicationFailure, isCancellation, TimeoutFailure } from '@temporalio/workflow';
import { isErrorCode } from '../policy/errors.ts';
import type { Reason } from './contract.ts';

/**
 * What really went wrong behind a failed activity, in a person's words: `ActivityFailure.message` itself is always
 * "Activity task failed".
 */
export function reasonOf(error: unknown): Reason {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof TimeoutFailure) return timeoutReason(cause);
  if (isCancellation(error)) return { code: 'interrupted', sentence: 'It was cancelled.' };
  if (cause instanceof ApplicationFailure) {
    const code =
      cause.type !== undefined && cause.type !== null && isErrorCode(cause.type)
        ? cause.type
        : 'process-failed';
    return { code, sentence: cause.message };
  }
  return { code: 'process-failed', sentence: error instanceof Error ? error.message : String(error) };
}

/** Whether no worker of the zone took the work within the time that it had for that. */
export const isUntaken = (error: unknown): boolean =>
  error instanceof ActivityFailure &&
  error.cause instanceof TimeoutFailure &&
  error.cause.timeoutType === 'SCHEDULE_TO_START';

function timeoutReason(failure: TimeoutFailure): Reason {
  switch (failure.timeoutType) {
    case 'SCHEDULE_TO_START':
      return {
        code: 'unreachable',
        sentence: 'No worker of that zone took the work. Start one with `holdfast worker --zone <zone>`.',
      };
    case 'HEARTBEAT':
      return { code: 'interrupted', sentence: 'The worker was lost, and no other one finished the work.' };
    default:
      return { code: 'stalled', sentence: 'The time allowed for it ran out.' };
  }
}

/** Ends a workflow as failed, with a sentence and a code that clients can tell apart. */
export function failWith(reason: Reason): ApplicationFailure {
  return ApplicationFailure.create({ message: reason.sentence, type: reason.code, nonRetryable: true });
}
