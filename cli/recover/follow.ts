import { setTimeout as pause } from 'node:timers/promises';
import { HoldfastError, sentenceOf } from '../../policy/errors.ts';
import { hasWorker } from '../../schedules/index.ts';
import type { FailoverProgress } from '../../workflows/contract-failover.ts';
import type { Context } from '../context.ts';
import { questionLines } from '../failover-print.ts';
import { describeFailover, readFailover } from '../failovers.ts';

/** Seconds until a worker that was started asks for work, and for which a run may not answer. */
const patience = 60;

/** @throws HoldfastError `unreachable` when no worker of the zone asks for work in time */
export async function workerOf(context: Context, zone: string, signal: AbortSignal): Promise<void> {
  const { client } = await context.temporal();
  const until = Date.now() + patience * 1000;
  while (!signal.aborted && Date.now() < until) {
    if (await hasWorker(client, zone)) return;
    await pause(200, undefined, { signal }).catch(() => undefined);
  }
  throw new HoldfastError('unreachable', `The worker of zone ${zone} did not start within ${patience} s.`, {
    hint: 'Nothing was declared: give the same command again, with HOLDFAST_LOG_LEVEL=info to see why.',
  });
}

export async function readRun(context: Context, workflowId: string): Promise<FailoverProgress> {
  const { client } = await context.temporal();
  return readFailover(client, await describeFailover(client, workflowId));
}

/**
 * Tells what happens, and what is asked of whom, until the run has ended.
 *
 * @throws the signal's reason; HoldfastError `unreachable` when nothing answered for a minute
 */
export async function follow(
  context: Context,
  workflowId: string,
  signal: AbortSignal,
): Promise<FailoverProgress> {
  const { client } = await context.temporal();
  const told = new Set<string>();
  const tell = (line: string) => {
    if (!told.has(line)) context.remark(line);
    told.add(line);
  };
  const look = async () => {
    const described = await describeFailover(client, workflowId);
    const run = await readFailover(client, described);
    tellRun(run, tell);
    return run.result !== null || !described.running ? run : null;
  };
  return untilSeen(look, { what: workflowId, patience, every: 1000, signal });
}

/**
 * Looks again and again until there is something to see. A busy machine may not answer for a while, and what is looked at
 * goes on beside that: a look that fails counts only when none has succeeded for `patience` seconds.
 *
 * @param every milliseconds between two looks
 * @throws the signal's reason; HoldfastError `unreachable`
 */
export async function untilSeen<T>(
  look: () => Promise<T | null>,
  { what, patience, every, signal }: { what: string; patience: number; every: number; signal: AbortSignal },
): Promise<T> {
  let answeredAt = performance.now();
  while (!signal.aborted) {
    try {
      const seen = await look();
      if (seen !== null) return seen;
      answeredAt = performance.now();
    } catch (cause) {
      if (!signal.aborted && performance.now() - answeredAt > patience * 1000)
        throw new HoldfastError(
          'unreachable',
          `${what} has not answered for ${patience} s: ${sentenceOf(cause)}`,
          { hint: 'What was declared is kept: the same command goes on with it.', cause },
        );
    }
    await pause(every, undefined, { signal }).catch(() => undefined);
  }
  throw signal.reason;
}

function tellRun(run: FailoverProgress, tell: (line: string) => void): void {
  for (const { at, step, sentence } of run.events)
    tell(`${at.slice(11, 19)} ${step === null ? '' : `${step}: `}${sentence}`);
  for (const step of run.steps) if (step.waitsFor !== null) tell(questionLines(run, step).join('\n'));
}
