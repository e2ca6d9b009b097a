import { setTimeout as pause } from 'node:timers/promises';
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionDescription,
  WorkflowFailedError,
} from '@temporalio/client';
import { ActivityFailure, ApplicationFailure, CancelledFailure, TimeoutFailure } from '@temporalio/common';
import { HoldfastError, isErrorCode } from '../policy/errors.ts';
import { hasWorker, typedAttributes } from '../schedules/index.ts';
import { taskQueueOf } from '../workflows/contract.ts';
import type { Context } from './context.ts';
import { type Heartbeat, heartbeatOf, heartbeatText } from './heartbeat.ts';

/** How one of our workflows is started on a zone's workers. */
export type Start = {
  zone: string;
  workflowId: string;
  kind: string;
  /** One line for the Web UI; cut at 200 characters. */
  summary: string;
  attributes?: Record<string, string>;
  /** Seconds after which Temporal ends it. */
  timeout?: number;
  /** Ends a run of the same id that is still under way. */
  replaces?: boolean;
};

/** The options that all our starts share; the caller adds `args`. */
export function startOptions({ zone, workflowId, kind, summary, attributes, timeout, replaces }: Start) {
  return {
    taskQueue: taskQueueOf(zone),
    workflowId,
    staticSummary: summary.slice(0, 200),
    typedSearchAttributes: typedAttributes({ HoldfastKind: kind, ...attributes }),
    workflowIdConflictPolicy: replaces === true ? 'TERMINATE_EXISTING' : 'FAIL',
    ...(timeout === undefined ? {} : { workflowExecutionTimeout: timeout * 1000 }),
  } as const;
}

/** A started run, as far as waiting for it needs. */
export type Run<Result> = {
  workflowId: string;
  result(): Promise<Result>;
  describe(): Promise<WorkflowExecutionDescription>;
  cancel(): Promise<unknown>;
};

/**
 * Waits for a start. @throws HoldfastError `already-exists` when a run of the same id is under way.
 */
export async function started<Result>(starting: Promise<Run<Result>>): Promise<Run<Result>> {
  try {
    return await starting;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    throw new HoldfastError('already-exists', `${error.workflowId} is under way already.`, {
      hint: 'Wait for it, or cancel it in the Web UI.',
    });
  }
}

/**
 * Waits for a run to end and shows how far it is, or while no activity tells that, what is waited for. Ctrl-C stops
 * waiting and leaves the run; with `onInterrupt` it calls that instead, and the run's own end is waited for.
 *
 * @throws HoldfastError with the code and sentence with which the workflow failed; `interrupted` after Ctrl-C.
 */
export async function runToEnd<Result>(
  { io, progress }: Context,
  run: Run<Result>,
  options: {
    onHeartbeat?: (heartbeat: Heartbeat) => void;
    onInterrupt?: () => Promise<void>;
    waitsFor?: string;
  } = {},
): Promise<Result> {
  const watching = new AbortController();
  const watch = watchRun(run, watching.signal, (heartbeat) => {
    if (heartbeat !== null) progress.show(heartbeatText(heartbeat));
    else if (options.waitsFor !== undefined) progress.show(options.waitsFor);
    if (heartbeat !== null) options.onHeartbeat?.(heartbeat);
  });
  try {
    return await Promise.race([
      run.result(),
      interruption(io.signal, watching.signal, run.workflowId, options.onInterrupt),
    ]);
  } catch (error) {
    throw workflowError(error, run.workflowId);
  } finally {
    watching.abort();
    await watch;
    progress.clear();
  }
}

async function watchRun<Result>(
  run: Run<Result>,
  signal: AbortSignal,
  onLook: (heartbeat: Heartbeat | null) => void,
): Promise<void> {
  while (!signal.aborted) {
    await pause(1000, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    // A look that fails says nothing about the run: its result does.
    const description = await run.describe().catch(() => null);
    const heartbeat = description === null ? null : heartbeatOf(description);
    if (!signal.aborted) onLook(heartbeat);
  }
}

function interruption(
  interrupt: AbortSignal,
  over: AbortSignal,
  workflowId: string,
  onInterrupt: (() => Promise<void>) | undefined,
): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => {
      if (onInterrupt !== undefined) onInterrupt().catch(reject);
      else
        reject(
          new HoldfastError('interrupted', `Stopped waiting for ${workflowId}.`, {
            hint: 'The run itself goes on.',
          }),
        );
    };
    if (interrupt.aborted) stop();
    else interrupt.addEventListener('abort', stop, { once: true, signal: over });
  });
}

/** What a failed run tells, as an error of ours. */
export function workflowError(error: unknown, workflowId: string): unknown {
  if (!(error instanceof WorkflowFailedError)) return error;
  // A workflow that leaves the failure of its activity as it is says nothing of its own.
  const cause = error.cause instanceof ActivityFailure ? error.cause.cause : error.cause;
  if (cause instanceof ApplicationFailure) {
    const code = cause.type && isErrorCode(cause.type) ? cause.type : 'process-failed';
    return new HoldfastError(code, cause.message, { cause: error });
  }
  if (cause instanceof CancelledFailure)
    return new HoldfastError('interrupted', `${workflowId} was cancelled.`, { cause: error });
  if (cause instanceof TimeoutFailure)
    return new HoldfastError('stalled', `${workflowId} did not end within its time.`, {
      hint: 'See its history in the Web UI for what it waited for.',
      cause: error,
    });
  return new HoldfastError('interrupted', `${workflowId} was ended from outside: ${error.message}.`, {
    cause: error,
  });
}

/**
 * The first of the zones in which a worker is up: where work is started that any zone can lead.
 *
 * @throws HoldfastError `unreachable` with the command that starts a worker.
 */
export async function zoneWithWorker(client: Client, zones: readonly string[]): Promise<string> {
  for (const zone of zones) if (await hasWorker(client, zone)) return zone;
  const [first = 'main'] = zones;
  throw new HoldfastError('unreachable', `No worker of zone ${zones.join(' or ')} answers.`, {
    hint: `Start one with \`holdfast worker --zone ${first}\`.`,
  });
}
