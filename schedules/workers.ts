import type { Client } from '@temporalio/client';
import { taskQueueOf } from '../workflows/contract.ts';
import { inParallel } from './parallel.ts';

/** Temporal's number for the workflow side of a task queue. */
const workflowTasks = 1;

/** Whether a worker of the zone has asked for work in the last minutes. */
export async function hasWorker(client: Client, zone: string): Promise<boolean> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: taskQueueOf(zone) },
    taskQueueType: workflowTasks,
  });
  return (pollers ?? []).length > 0;
}

/** Those of the zones in which nobody asks for work. */
export async function silentZones(client: Client, zones: readonly string[]): Promise<string[]> {
  const told = await inParallel(zones, 16, async (zone) => ({ zone, up: await hasWorker(client, zone) }));
  return told.flatMap(({ zone, up }) => (up ? [] : [zone]));
}
