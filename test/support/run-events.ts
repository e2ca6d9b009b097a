import type { WorkflowHandle } from '@temporalio/client';
import { taskQueueOf, urgentQueueOf } from '../../workflows/contract.ts';

type Run = Pick<WorkflowHandle, 'fetchHistory'>;

const eventsOf = async (run: Run) => (await run.fetchHistory()).events ?? [];

/** The activities that a run asked a zone for, by name. */
export async function askedOf(run: Run, zone: string): Promise<string[]> {
  const queues = [taskQueueOf(zone), urgentQueueOf(zone)];
  return (await eventsOf(run)).flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
    queues.includes(scheduled?.taskQueue?.name ?? '') ? (scheduled?.activityType?.name ?? []) : [],
  );
}

/** How many activities of a run have ended well. */
export async function countAnswered(run: Run): Promise<number> {
  const events = await eventsOf(run);
  return events.filter(({ activityTaskCompletedEventAttributes: completed }) => completed).length;
}

/** How many timers a run has started. */
export async function countTimers(run: Run): Promise<number> {
  return (await eventsOf(run)).filter(({ timerStartedEventAttributes: started }) => started).length;
}
