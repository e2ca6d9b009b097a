import { mkdtemp, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { Logger } from 'pino';
import { HoldfastError, isPermanent } from '../policy/errors.ts';
import { formatBytes } from '../policy/units.ts';
import { readSecret } from '../process/index.ts';
import type { WorkContext } from '../sources/source.ts';
import { type StreamProgress, streamedSignal } from '../workflows/contract-backup.ts';
import { bytesBeyondMessage } from '../workflows/message-size.ts';
import { ownDirectory, workPrefix } from './work-root.ts';

/** What the activities of one worker share. */
export type ActivityDependencies = {
  zone: string;
  /** A private directory on this host; each activity works in one of its own below it. */
  workRoot: string;
  log: Logger;
};

/** The work of one activity: what sources and repositories need, and how it tells how far it is. */
export type Work = WorkContext & {
  zone: string;
  report(progress: StreamProgress): void;
};

const heartbeatMs = 1000;

/** How this process, as a worker of the zone, is named to Temporal and in the audit log. */
export const identityOf = (zone: string): string => `${zone}/${hostname()}/${process.pid}`;

/**
 * Runs the body of an activity: a private directory that is gone afterwards, a heartbeat each second whatever the
 * body does, and errors turned into failures that carry a sentence and a code, and neither argv nor output.
 */
export async function working<T>(deps: ActivityDependencies, body: (work: Work) => Promise<T>): Promise<T> {
  const context = Context.current();
  const signal = context.cancellationSignal;
  let latest: StreamProgress | undefined;
  context.heartbeat();
  const timer = setInterval(() => context.heartbeat(latest), heartbeatMs);
  const directory = await mkdtemp(join(deps.workRoot, workPrefix));
  const log = deps.log.child({
    activity: context.info.activityType,
    workflowId: context.info.workflowExecution?.workflowId,
  });
  const tell = workflowTeller(context);
  try {
    await ownDirectory(directory);
    const answer = await body({
      zone: deps.zone,
      signal,
      directory,
      secret: (ref) => readSecret(ref, signal),
      log: (level, message, fields) => log[level](fields ?? {}, message),
      report: (progress) => {
        latest = progress;
        tell(progress);
      },
    });
    requireCarried(context.info.activityType, answer);
    return answer;
  } catch (error) {
    if (signal.aborted) throw cancelled(signal);
    const failure = failureOf(error);
    log.warn({ code: failure.type, attempt: context.info.attempt }, failure.message);
    throw failure;
  } finally {
    clearInterval(timer);
    await rm(directory, { recursive: true, force: true });
  }
}

/** Temporal would take it for a fault of the worker, and have it all done again. */
function requireCarried(activity: string, answer: unknown): void {
  const bytes = bytesBeyondMessage(answer);
  if (bytes === null) return;
  throw new HoldfastError(
    'bad-usage',
    `The activity ${activity} can't answer ${formatBytes(bytes)} at once: Temporal carries 2 MB.`,
    { hint: 'Split the policy, or what was asked for.' },
  );
}

function cancelled(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new CancelledFailure('The activity was cancelled.');
}

/** Temporal's form of an error. Only the outermost type decides retrying; causes stay here, they may hold output. */
export function failureOf(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  if (error instanceof HoldfastError) {
    return ApplicationFailure.create({
      message: error.sentence,
      type: error.code,
      nonRetryable: isPermanent(error.code),
    });
  }
  const message = error instanceof Error ? error.message : String(error);
  return ApplicationFailure.create({
    message: `Something that Holdfast did not expect: ${message}`,
    type: 'unexpected',
  });
}

/**
 * Tells the workflow how far a stream is, for the current details in Temporal's Web UI. The pause between two
 * signals grows with the time that has passed, so that a day's dump adds some hundred events and no more.
 */
function workflowTeller(context: Context): (progress: StreamProgress) => void {
  const execution = context.info.workflowExecution;
  if (execution === undefined || context.info.workflowType !== 'backup') return () => undefined;
  let next = 3;
  return (progress) => {
    if (progress.elapsed < next) return;
    next = progress.elapsed + Math.max(10, progress.elapsed / 20);
    context.client.workflow
      .getHandle(execution.workflowId, execution.runId)
      .signal(streamedSignal, progress)
      .catch(() => undefined);
  };
}
