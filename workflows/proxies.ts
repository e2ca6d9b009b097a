import { ActivityCancellationType, type ActivityOptions, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/types.ts';
import { permanentCodes } from '../policy/errors.ts';
import { formatBytes } from '../policy/units.ts';
import { taskQueueOf, urgentQueueOf } from './contract.ts';
import { failWith } from './failures.ts';
import { bytesBeyondMessage } from './message-size.ts';

type Limits = {
  /** Seconds for one attempt and for all attempts together. */
  within: number;
  attempts: number;
  /** Seconds to wait for a worker of the zone to take the work; absent: as long as `within`. */
  patience?: number;
  /**
   * Done by hands of its own: long dumps, however many, must not hold up a word of a few bytes, nor a disaster. Nothing
   * else that takes more than seconds.
   */
  urgent?: boolean;
};

/** How long a zone without a worker is waited for when somebody is watching. */
export const patient = 120;

/**
 * The activities on a zone's workers. Permanent faults fail at once, all others are retried with backoff; a worker
 * that says nothing for 30 seconds is gone and another one takes over.
 */
export function activitiesIn(zone: string, limits: Limits): Activities {
  const options: ActivityOptions = {
    taskQueue: limits.urgent === true ? urgentQueueOf(zone) : taskQueueOf(zone),
    heartbeatTimeout: '30s',
    startToCloseTimeout: `${limits.within}s`,
    scheduleToCloseTimeout: `${limits.within}s`,
    // The processes of a cancelled activity must be gone before the workflow says that it ended.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: {
      initialInterval: '2s',
      backoffCoefficient: 2,
      maximumInterval: '5m',
      maximumAttempts: limits.attempts,
      nonRetryableErrorTypes: [...permanentCodes],
    },
    ...(limits.patience === undefined ? {} : { scheduleToStartTimeout: `${limits.patience}s` }),
  };
  return measured(proxyActivities<Activities>(options));
}

/** A task of a workflow that wants more is tried for ever, and nobody is told: here it fails, with a sentence. */
function measured(activities: Activities): Activities {
  return new Proxy(activities, {
    get(target, name, receiver) {
      const activity: unknown = Reflect.get(target, name, receiver);
      if (typeof activity !== 'function') return activity;
      return (...args: unknown[]): unknown => {
        requireCarried(String(name), args);
        return activity(...args);
      };
    },
  });
}

/** @throws ApplicationFailure `bad-usage` where Temporal would not carry it */
function requireCarried(activity: string, args: readonly unknown[]): void {
  const bytes = bytesBeyondMessage(args);
  if (bytes === null) return;
  throw failWith({
    code: 'bad-usage',
    sentence: `The activity ${activity} can't be told ${formatBytes(bytes)} at once: Temporal carries 2 MB. Split the policy, or what was asked for.`,
  });
}
