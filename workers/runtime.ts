import { Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { dumpDuration } from '../activities/index.ts';

/** Seconds: a small database takes one, a large one a night. The endpoint's own buckets begin at 50. */
const dumpBuckets = [0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400, 28_800, 86_400];

/**
 * Sets up Temporal's native runtime once for this process: its log goes into ours, its metrics and Holdfast's own
 * to one Prometheus endpoint (`http://<address>/metrics`).
 */
export function installRuntime(log: Logger, prometheus?: string): void {
  Runtime.install({
    shutdownSignals: [],
    logger: {
      log: (level, message, meta) => write(log, level, message, meta),
      trace: (message, meta) => write(log, 'TRACE', message, meta),
      debug: (message, meta) => write(log, 'DEBUG', message, meta),
      info: (message, meta) => write(log, 'INFO', message, meta),
      warn: (message, meta) => write(log, 'WARN', message, meta),
      error: (message, meta) => write(log, 'ERROR', message, meta),
    },
    telemetryOptions: {
      logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
      ...(prometheus === undefined ? {} : { metrics: { prometheus: endpoint(prometheus) } }),
    },
  });
}

function endpoint(bindAddress: string) {
  return {
    bindAddress,
    countersTotalSuffix: true,
    histogramBucketOverrides: { [dumpDuration]: dumpBuckets },
  };
}

/** Fields that say where, and nothing of what: an error object of the SDK can hold arguments and output. */
const told = [
  'activityType',
  'activityId',
  'attempt',
  'workflowType',
  'workflowId',
  'runId',
  'taskQueue',
  'reason',
  'state',
  'sdkComponent',
];

type Say = (fields: Record<string, unknown>, message: string) => void;

function write(
  log: Logger,
  level: string,
  message: string,
  meta: Record<string | symbol, unknown> | undefined,
): void {
  const fields: Record<string, unknown> = {};
  for (const name of told) if (meta?.[name] !== undefined) fields[name] = meta[name];
  const error = meta?.error;
  if (error instanceof Error) fields.error = error.message;
  const say = new Map<string, Say>([
    ['ERROR', log.error.bind(log)],
    ['WARN', log.warn.bind(log)],
    ['INFO', log.debug.bind(log)],
  ]).get(level);
  (say ?? log.trace.bind(log))(fields, message);
}
