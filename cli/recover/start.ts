import { setTimeout as pause } from 'node:timers/promises';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { HoldfastError } from '../../policy/errors.ts';
import { hasWorker } from '../../schedules/index.ts';
import { workflowTypes } from '../../workflows/contract.ts';
import type { FailoverProgress } from '../../workflows/contract-failover.ts';
import { connectTemporal } from '../connect.ts';
import type { Context } from '../context.ts';
import { declared } from '../declaring.ts';
import { questionLines } from '../failover-print.ts';
import {
  awaitDeclared,
  describeFailover,
  failoverInput,
  readFailover,
  runIdFor,
  startFailover,
} from '../failovers.ts';
import { type Embedded, serveEmbedded } from '../serve.ts';
import type { Start } from './decide.ts';
import { prepareDirectory, reportsIn } from './prepared.ts';
import type { Recoverable } from './recoverable.ts';
import { type RecoveryState, writeState } from './state.ts';

/** Seconds until a worker that was started asks for work. */
const patience = 60;

/**
 * Starts an embedded Temporal with a worker, runs a runbook, and follows it to its end; or goes on with the run that the
 * directory keeps.
 *
 * @throws HoldfastError `interrupted` at Ctrl-C: the run is kept
 */
export async function recoverBy(
  context: Context,
  found: Recoverable,
  start: Start,
): Promise<FailoverProgress> {
  const { state, port, begun, kept, declaring } = start;
  const served = { pid: process.pid, port };
  const keep = (what: Pick<RecoveryState, 'declared' | 'ended'>) =>
    writeState(state, { ...begun, ...what, served });
  // First of all: what a directory keeps of another recovery was refused, and what else there is in it as well.
  await keep({ declared: declaring === null ? (kept?.declared ?? null) : null, ended: null });
  const policyFile = await prepareDirectory(found.recovered.applied, state);
  context.progress.show(`Starting Temporal and the worker of ${found.zones.join(', ')}`);
  // What happens is told in sentences; a log between them hides what is asked.
  const options = { ...start, zones: found.zones, logLevel: 'error' as const };
  return serveEmbedded(context, options, (embedded, signal) => {
    tellWhere(context, embedded, policyFile);
    return withTemporal(context, embedded, (own) => runThrough(own, found, start, { keep, signal }));
  });
}

function tellWhere({ remark }: Context, { address, uiUrl }: Embedded, policyFile: string): void {
  remark(
    `Temporal is at ${address}, on this machine alone; its Web UI at ${uiUrl}. Ctrl-C ends both, and keeps the run.`,
  );
  remark('In other terminals:');
  remark(`  export TEMPORAL_ADDRESS=${address} HOLDFAST_POLICY=${policyFile}`);
}

/** The context of a command against our own Temporal, whatever the environment says of another one. */
async function withTemporal<T>(
  context: Context,
  { env }: Embedded,
  work: (own: Context) => Promise<T>,
): Promise<T> {
  const temporal = await connectTemporal(env);
  try {
    return await work({ ...context, temporal: async () => temporal });
  } finally {
    await temporal.connection.close();
  }
}

type Running = {
  keep(what: Pick<RecoveryState, 'declared' | 'ended'>): Promise<void>;
  signal: AbortSignal;
};

async function runThrough(
  context: Context,
  found: Recoverable,
  start: Start,
  { keep, signal }: Running,
): Promise<FailoverProgress> {
  try {
    await workerOf(context, found.zones[0], signal);
    const workflowId = await begin(context, found, start);
    const { declaredBy: by, declaredAt: at } = await readRun(context, workflowId);
    await keep({ declared: { at, by }, ended: null });
    const run = await follow(context, workflowId, signal);
    await keep({ declared: { at, by }, ended: new Date().toISOString() });
    return run;
  } catch (cause) {
    if (!signal.aborted) throw cause;
    throw new HoldfastError('interrupted', 'The run has not ended. What was declared is kept.', {
      hint: `The same command goes on with it: its --state is ${start.state}.`,
      cause,
    });
  }
}

/**
 * Declares the run, unless Temporal has it already: then it goes on, and no second one is started.
 *
 * @throws HoldfastError `already-exists` when Temporal has another one, `not-found` when it has none of those that are kept
 */
async function begin(context: Context, found: Recoverable, start: Start): Promise<string> {
  const { client } = await context.temporal();
  const { runbook, disaster, declaring, state } = start;
  const workflowId = runIdFor(runbook.name, 'real');
  const status = await statusOf(client, workflowId, runbook.version);
  if (declaring === null && status === null)
    throw new HoldfastError(
      'not-found',
      `${state} keeps ${workflowId}, and its Temporal knows nothing of it.`,
      {
        hint: 'Somebody removed its database. Begin anew with another --state.',
      },
    );
  if (declaring === null) return workflowId;
  if (status === 'RUNNING') {
    context.remark(`${workflowId} is under way already, and goes on.`);
    return workflowId;
  }
  await requireNoOther(client, workflowId);
  const { person, reason, signWith } = declaring;
  const about = { mode: 'real' as const, person: person.name, reason };
  // Who keeps the alerts is not here: people are told by those who recover.
  const { alertZone: _, ...rest } = failoverInput(found.here, runbook, {
    ...about,
    ...(disaster === undefined ? {} : { disaster }),
  });
  const place = found.here.zones[found.zones[0]] ?? { zone: found.zones[0], region: '', site: '' };
  const input = { ...rest, repositories: [...rest.repositories, reportsIn(state, place)] };
  await startFailover(client, await declared(context, input, person, signWith));
  await awaitDeclared(context, workflowId);
  return workflowId;
}

/** How a run of that id stands; null where there never was one. @throws HoldfastError `already-exists` for another version */
async function statusOf(client: Client, workflowId: string, version: string): Promise<string | null> {
  try {
    const { status, memo } = await client.workflow.getHandle(workflowId).describe();
    if (status.name !== 'RUNNING' || memo?.version === version) return status.name;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
  throw new HoldfastError('already-exists', `Another version of ${workflowId} is under way here.`, {
    hint: 'Let it end, or abort it, or begin anew with another --state.',
  });
}

/** @throws HoldfastError `already-exists` */
async function requireNoOther(client: Client, workflowId: string): Promise<void> {
  const query = `HoldfastKind = '${workflowTypes.failover}' and ExecutionStatus = 'Running'`;
  for await (const other of client.workflow.list({ query })) {
    if (other.workflowId === workflowId) continue;
    throw new HoldfastError('already-exists', `${other.workflowId} is under way here: one after the other.`, {
      hint: `Go on with it: --runbook ${other.workflowId.replace('failover/', '')}. For another one beside it name another --state, --port and --ui-port.`,
    });
  }
}

async function readRun(context: Context, workflowId: string): Promise<FailoverProgress> {
  const { client } = await context.temporal();
  return readFailover(client, await describeFailover(client, workflowId));
}

async function workerOf(context: Context, zone: string, signal: AbortSignal): Promise<void> {
  const { client } = await context.temporal();
  const until = Date.now() + patience * 1000;
  while (!signal.aborted && Date.now() < until) {
    if (await hasWorker(client, zone)) return;
    await pause(200, undefined, { signal }).catch(() => undefined);
  }
  throw new HoldfastError('unreachable', `The worker of zone ${zone} did not start within ${patience} s.`);
}

/** Tells what happens, and what is asked of whom, until the run has ended. @throws the signal's reason */
async function follow(context: Context, workflowId: string, signal: AbortSignal): Promise<FailoverProgress> {
  const { client } = await context.temporal();
  const described = await describeFailover(client, workflowId);
  const told = new Set<string>();
  const tell = (line: string) => {
    if (!told.has(line)) context.remark(line);
    told.add(line);
  };
  while (!signal.aborted) {
    const run = await readFailover(client, described);
    for (const { at, step, sentence } of run.events)
      tell(`${at.slice(11, 19)} ${step === null ? '' : `${step}: `}${sentence}`);
    for (const step of run.steps) for (const line of waitingLines(run, step)) tell(line);
    if (run.result !== null) return run;
    await pause(1000, undefined, { signal }).catch(() => undefined);
  }
  throw signal.reason;
}

/** Once for each time that it is asked. */
function waitingLines(run: FailoverProgress, step: FailoverProgress['steps'][number]): string[] {
  const lines = questionLines(run, step);
  return lines.length === 0 ? [] : [lines.join('\n')];
}
