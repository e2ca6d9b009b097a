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
 * Tells what happens, and what is asked of whom, until the run has ended. A busy machine may not answer for a while: the
 * run goes on beside that.
 *
 * @throws the signal's reason; HoldfastError `unreachable` when nothing answered for a minute
 */
export async function follow(
  context: Context,
  workflowId: string,
  signal: AbortSignal,
): Promise<FailoverProgress> {
  const told = new Set<string>();
  const tell = (line: string) => {
    if (!told.has(line)) context.remark(line);
    told.add(line);
  };
  const { client } = await context.temporal();
  let answeredAt = Date.now();
  while (!signal.aborted) {
    try {
      const described = await describeFailover(client, workflowId);
      const run = await readFailover(client, described);
      answeredAt = Date.now();
      tellRun(run, tell);
      if (run.result !== null || !described.running) return run;
    } catch (cause) {
      if (Date.now() - answeredAt > patience * 1000 && !signal.aborted) throw silent(workflowId, cause);
    }
    await pause(1000, undefined, { signal }).catch(() => undefined);
  }
  throw signal.reason;
}

function tellRun(run: FailoverProgress, tell: (line: string) => void): void {
  for (const { at, step, sentence } of run.events)
    tell(`${at.slice(11, 19)} ${step === null ? '' : `${step}: `}${sentence}`);
  for (const step of run.steps) if (step.waitsFor !== null) tell(questionLines(run, step).join('\n'));
}

const silent = (workflowId: string, cause: unknown): HoldfastError =>
  new HoldfastError('unreachable', `${workflowId} has not answered for ${patience} s: ${sentenceOf(cause)}`, {
    hint: 'What was declared is kept: the same command goes on with it.',
    cause,
  });
