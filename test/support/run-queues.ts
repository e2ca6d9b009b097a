import type { WorkflowHandle } from '@temporalio/client';

/** Every task queue that a run and its activities were given to, sorted. */
export async function taskQueuesOf(handle: Pick<WorkflowHandle, 'fetchHistory'>): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  const queues = (events ?? []).flatMap((event) => {
    const { activityTaskScheduledEventAttributes: activity, workflowExecutionStartedEventAttributes: start } =
      event;
    const name = activity?.taskQueue?.name ?? start?.taskQueue?.name;
    return name === undefined || name === null ? [] : [name];
  });
  return [...new Set(queues)].sort();
}
