import { HoldfastError } from '../../policy/errors.ts';
import type { Workflows } from '../../workflows/contract.ts';
import type { FailoverProgress } from '../../workflows/contract-failover.ts';
import { connectTemporal } from '../connect.ts';
import type { Context } from '../context.ts';
import { awaitDeclared } from '../failovers.ts';
import { workflowError } from '../run-workflow.ts';
import { type Embedded, serveEmbedded } from '../serve.ts';
import { quoted } from '../shell.ts';
import { begin } from './begin.ts';
import type { Start } from './decide.ts';
import { follow, readRun, workerOf } from './follow.ts';
import { prepareDirectory, reportFile } from './prepared.ts';
import type { Recoverable } from './recoverable.ts';
import { type RecoveryState, writeState } from './state.ts';

/** A run that has ended, and what this machine keeps of it. */
export type Recovered = {
  run: FailoverProgress;
  kept: {
    state: string;
    /** The policy, as those need it who come after. */
    policy: string;
    /** The signed report, for people; null where none could be signed or kept here. */
    report: string | null;
  };
};

/**
 * Starts an embedded Temporal with a worker, runs a runbook, and follows it to its end; or goes on with the run that the
 * directory keeps.
 *
 * @throws HoldfastError `interrupted` at Ctrl-C: the run is kept
 */
export async function recoverBy(context: Context, found: Recoverable, start: Start): Promise<Recovered> {
  const { state, port, begun, kept, declaring } = start;
  const served = { pid: process.pid, port };
  const keep: Keep = (what) => writeState(state, { ...begun, ...what, served });
  // First of all: what a directory keeps of another recovery was refused, and what else there is in it as well.
  await keep({ declared: declaring === null ? (kept?.declared ?? null) : null, ended: null });
  const policy = await prepareDirectory(found.recovered.applied, found, state);
  context.progress.show(`Starting Temporal and the worker of ${found.zones.join(', ')}`);
  // What happens is told in sentences; a log between them hides what is asked.
  const options = { ...start, zones: found.zones, logLevel: 'error' as const };
  return serveEmbedded(context, options, (embedded, signal) => {
    tellWhere(context, embedded, policy);
    return withTemporal(context, embedded, async (own) => {
      const { run, report } = await runThrough(own, found, start, { keep, signal });
      return { run, kept: { state, policy, report } };
    });
  });
}

function tellWhere({ remark }: Context, { address, uiUrl }: Embedded, policyFile: string): void {
  remark(
    `Temporal is at ${address}, on this machine alone; its Web UI at ${uiUrl}. Ctrl-C ends both, and keeps the run.`,
  );
  remark('In other terminals:');
  remark(`  export TEMPORAL_ADDRESS=${address} HOLDFAST_POLICY=${quoted(policyFile)}`);
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

type Keep = (what: Pick<RecoveryState, 'declared' | 'ended'>) => Promise<void>;

type Running = { keep: Keep; signal: AbortSignal };

async function runThrough(
  context: Context,
  found: Recoverable,
  start: Start,
  { keep, signal }: Running,
): Promise<{ run: FailoverProgress; report: string | null }> {
  let isDeclared = start.declaring === null;
  try {
    await workerOf(context, found.zones[0], signal);
    const workflowId = await begin(context, found, start);
    isDeclared = true;
    const { declaredBy: by, declaredAt: at } = await readRun(context, workflowId);
    await keep({ declared: { at, by }, ended: null });
    if (start.declaring !== null) await admitted(context, workflowId, { keep, signal });
    const run = await follow(context, workflowId, signal);
    await keep({ declared: { at, by }, ended: new Date().toISOString() });
    return { run, report: await reportOf(context, workflowId, start.state) };
  } catch (cause) {
    if (!signal.aborted) throw cause;
    throw isDeclared
      ? new HoldfastError('interrupted', 'The run has not ended. What was declared is kept.', {
          hint: `The same command goes on with it: its --state is ${start.state}.`,
          cause,
        })
      : new HoldfastError('interrupted', 'Nothing was declared.', { cause });
  }
}

/** Waits until the run is admitted; one that is refused was not declared. */
async function admitted(context: Context, workflowId: string, { keep, signal }: Running): Promise<void> {
  try {
    await awaitDeclared(context, workflowId);
  } catch (error) {
    if (!signal.aborted) await keep({ declared: null, ended: null });
    throw error;
  }
}

/** Where the report of a run that has ended lies on this machine. @throws HoldfastError when it was ended from outside */
async function reportOf(context: Context, workflowId: string, state: string): Promise<string | null> {
  const { client } = await context.temporal();
  const ended = client.workflow.getHandle<Workflows['failover']>(workflowId).result();
  const { evidence } = await ended.catch((error: unknown) => {
    throw workflowError(error, workflowId);
  });
  return evidence === null ? null : reportFile(state, evidence);
}
