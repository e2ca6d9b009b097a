import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type NativeConnection, Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createActivities, identityOf, leftBehind } from '../activities/index.ts';
import { taskQueueOf } from '../workflows/contract.ts';
import { openWorkRoot } from './work-root.ts';

export type ZoneWorkerOptions = {
  zone: string;
  connection: NativeConnection;
  namespace: string;
  log: Logger;
  /** Activities at once; a dump keeps two processors busy. */
  concurrency?: number;
};

const packageRoot = join(import.meta.dirname, '..');

/**
 * A worker for one zone: it runs the zone's workflows and their activities, and needs no policy file. Before it
 * starts it removes what dead workers of this host left behind.
 */
export async function createZoneWorker(options: ZoneWorkerOptions): Promise<Worker> {
  const { zone, log } = options;
  const workRoot = await openWorkRoot();
  const debris = await leftBehind(workRoot, (level, text) => log[level](text));
  if (debris.length > 0) log.warn({ debris }, 'Removed what a worker that is gone had left behind');
  return Worker.create({
    connection: options.connection,
    namespace: options.namespace,
    taskQueue: taskQueueOf(zone),
    identity: identityOf(zone),
    ...workflowCode(),
    activities: createActivities({ zone, workRoot, log }),
    maxConcurrentActivityTaskExecutions: options.concurrency ?? 8,
    maxCachedWorkflows: 200,
    // Cancellation reaches an activity with a heartbeat, and heartbeats pass no more often than this.
    maxHeartbeatThrottleInterval: '1s',
    defaultHeartbeatThrottleInterval: '1s',
    shutdownGraceTime: '5s',
    shutdownForceTime: '60s',
  });
}

/** The bundle made at build time, else (from a checkout) the sources, bundled at start. */
function workflowCode(): { workflowBundle: { codePath: string } } | { workflowsPath: string } {
  const bundle = join(packageRoot, 'workflow-bundle.js');
  if (existsSync(bundle)) return { workflowBundle: { codePath: bundle } };
  return { workflowsPath: join(packageRoot, 'workflows', 'index.ts') };
}
