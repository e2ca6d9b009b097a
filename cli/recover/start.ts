import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { WorkflowNotFoundError } from '@temporalio/client';
import { HoldfastError } from '../../policy/errors.ts';
import { loadPolicy } from '../../policy/index.ts';
import type { Person, ResolvedRepository } from '../../policy/resolved.ts';
import type { ResolvedRunbook } from '../../policy/resolved-failover.ts';
import { markRepository, openStore } from '../../repository/index.ts';
import { hasWorker } from '../../schedules/index.ts';
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
import { withKeysInside } from './policy-file.ts';
import type { Recoverable } from './recoverable.ts';

export type Start = {
  runbook: ResolvedRunbook;
  person: Person;
  reason: string;
  /** The file of the person's SSH key, where the runbook wants signatures. */
  signWith?: string;
  /** A directory of this machine that keeps the run, the policy and the report. */
  state: string;
  port: number;
  uiPort: number;
};

/** The name of the place for reports on this machine; the repository may be a copy that nobody can write to. */
const ownReports = 'recovery-reports';
const patience = 60;

/**
 * Starts an embedded Temporal with a worker, runs a runbook, and follows it to its end. Started again with the same `state`,
 * goes on with the run that it finds.
 *
 * @throws HoldfastError `interrupted` at Ctrl-C: the run is kept
 */
export async function recoverBy(
  context: Context,
  found: Recoverable,
  start: Start,
): Promise<FailoverProgress> {
  const policyFile = await prepareState(found, start.state);
  const { zones } = found;
  return serveEmbedded(context, { ...start, zones }, (embedded, signal) => {
    tellWhere(context, embedded, policyFile);
    return withTemporal(context, embedded, (own) => runThrough(own, found, start, signal));
  });
}

/** The policy, for those who approve; and a place for the report that is no repository of the policy's. */
async function prepareState({ recovered }: Recoverable, state: string): Promise<string> {
  await mkdir(join(state, 'reports'), { recursive: true, mode: 0o700 });
  const file = join(state, 'holdfast.yaml');
  const { text, publicKeys, organization } = recovered.applied;
  await writeFile(file, withKeysInside(text, publicKeys), { mode: 0o600 });
  await loadPolicy(file);
  const store = await openStore(reportsIn(state, { zone: '', region: '', site: '' }));
  try {
    await markRepository(store, { organization });
  } finally {
    store.close();
  }
  return file;
}

const reportsIn = (
  state: string,
  at: Pick<ResolvedRepository, 'zone' | 'region' | 'site'>,
): ResolvedRepository => ({
  ...at,
  kind: 'filesystem',
  name: ownReports,
  path: join(state, 'reports'),
  medium: 'disk',
  keepFree: 0,
});

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

async function runThrough(
  context: Context,
  found: Recoverable,
  start: Start,
  signal: AbortSignal,
): Promise<FailoverProgress> {
  const { client } = await context.temporal();
  await workerOf(context, found.zones[0], signal);
  const { runbook, person, reason, signWith, state } = start;
  const workflowId = runIdFor(runbook.name, 'real');
  if (await isUnderWay(context, workflowId, runbook)) {
    context.remark(`${workflowId} is under way already, and goes on.`);
  } else {
    const about = { mode: 'real' as const, person: person.name, reason };
    // Who keeps the alerts is not here: people are told by those who recover.
    const { alertZone: _, ...rest } = failoverInput(found.here, runbook, about);
    const place = found.here.zones[found.zones[0]] ?? { zone: found.zones[0], region: '', site: '' };
    const input = { ...rest, repositories: [...rest.repositories, reportsIn(state, place)] };
    await startFailover(client, await declared(context, input, person, signWith));
    await awaitDeclared(context, workflowId);
  }
  return follow(context, workflowId, signal);
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

/** @throws HoldfastError `already-exists` when another version of the runbook is under way in this state */
async function isUnderWay(
  context: Context,
  workflowId: string,
  { version }: ResolvedRunbook,
): Promise<boolean> {
  const { client } = await context.temporal();
  try {
    const { status, memo } = await client.workflow.getHandle(workflowId).describe();
    if (status.name !== 'RUNNING') return false;
    if (memo?.version === version) return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
  throw new HoldfastError('already-exists', `Another version of ${workflowId} is under way here.`, {
    hint: 'Let it end, or abort it, or begin anew with another --state.',
  });
}

/** Tells what happens, and what is asked of whom, until the run has ended. */
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
  throw new HoldfastError('interrupted', `${workflowId} has not ended, and is kept.`, {
    hint: 'The same command goes on with it.',
  });
}

/** Once for each time that it is asked. */
function waitingLines(run: FailoverProgress, step: FailoverProgress['steps'][number]): string[] {
  const lines = questionLines(run, step);
  return lines.length === 0 ? [] : [lines.join('\n')];
}
