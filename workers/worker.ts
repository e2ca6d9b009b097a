import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type NativeConnection, Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createActivities, identityOf, leftBehind } from '../activities/index.ts';
import { taskQueueOf, urgentQueueOf } from '../workflows/contract.ts';
import { openWorkRoot } from './work-root.ts';

export type ZoneWorkerOptions = {
  zone: string;
  connection: NativeConnection;
  namespace: string;
  log: Logger;
  /** Activities at once, besides those that can't wait; a dump keeps two processors busy. */
  concurrency?: number;
};

const packageRoot = join(import.meta.dirname, '..');

/** Words of a few bytes, looks that take seconds, and the steps of a disaster, side by side. */
const urgentAtOnce = 24;

/**
 * The workers of one zone: one runs the zone's workflows and their activities, the other one what can't wait until the
 * first has a hand free. They need no policy file. Before they start, what dead workers of this host left is removed.
 */
export async function createZoneWorkers(options: ZoneWorkerOptions): Promise<Worker[]> {
  const { zone, log } = options;
  const workRoot = await openWorkRoot();
  const debris = await leftBehind(workRoot, (level, text) => log[level](text));
  if (debris.length > 0) log.warn({ debris }, 'Removed what a worker that is gone had left behind');
  const common = {
    connection: options.connection,
    namespace: options.namespace,
    identity: identityOf(zone),
    activities: createActivities({ zone, workRoot, log }),
    // Cancellation reaches an activity with a heartbeat, and heartbeats pass no more often than this.
    maxHeartbeatThrottleInterval: '1s',
    defaultHeartbeatThrottleInterval: '1s',
    shutdownGraceTime: '5s',
    shutdownForceTime: '60s',
  } as const;
  return Promise.all([
    Worker.create({
      ...common,
      taskQueue: taskQueueOf(zone),
      ...workflowCode(),
      maxConcurrentActivityTaskExecutions: options.concurrency ?? 8,
      maxCachedWorkflows: 200,
    }),
    Worker.create({
      ...common,
      taskQueue: urgentQueueOf(zone),
      maxConcurrentActivityTaskExecutions: urgentAtOnce,
    }),
  ]);
}

/** The bundle made at build time, else (from a checkout) the sources, bundled at start. */
function workflowCode(): { workflowBundle: { codePath: string } } | { workflowsPath: string } {
  const bundle = join(packageRoot, 'workflow-bundle.js');
  if (existsSync(bundle)) return { workflowBundle: { codePath: bundle } };
  return { workflowsPath: join(packageRoot, 'workflows', 'index.ts') };
}
