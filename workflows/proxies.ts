import { ActivityCancellationType, type ActivityOptions, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/types.ts';
import { permanentCodes } from '../policy/errors.ts';
import { taskQueueOf, urgentQueueOf } from './contract.ts';

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
  return proxyActivities<Activities>(options);
}
