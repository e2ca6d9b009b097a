import { setTimeout as pause } from 'node:timers/promises';
import { type Client, type WorkflowExecutionInfo, WorkflowNotFoundError } from '@temporalio/client';
import { HoldfastError } from '../policy/errors.ts';
import type { ResolvedPolicy } from '../policy/resolved.ts';
import type { ResolvedRunbook, RunMode } from '../policy/resolved-failover.ts';
import { hasWorker, memoOf } from '../schedules/index.ts';
import { progressQuery, taskQueueOf, type Workflows, workflowTypes } from '../workflows/contract.ts';
import type { FailoverInput, FailoverProgress } from '../workflows/contract-failover.ts';
import { named } from './backups.ts';
import type { Context } from './context.ts';
import { runToEnd, started, startOptions, zoneWithWorker } from './run-workflow.ts';

export { failoverInput } from '../schedules/index.ts';

/** The workflow id of a run as people name it: a runbook for the real thing, `drill/RUNBOOK` for its rehearsal. */
export const failoverIdOf = (text: string): string => (text.includes('/') ? text : `failover/${text}`);

/** The id under which a runbook runs: one real run and one rehearsal at a time. */
export const runIdFor = (runbook: string, mode: RunMode): string =>
  `${mode === 'real' ? 'failover' : 'drill'}/${runbook}`;

export function runbookNamed(policy: ResolvedPolicy, name: string): ResolvedRunbook {
  return named(policy.runbooks, name, 'runbook');
}

/** Starts a run. @throws HoldfastError `already-exists` while one of the same runbook is under way, `unreachable` */
export async function startFailover(client: Client, input: FailoverInput): Promise<string> {
  const { runbook, mode, person } = input;
  const workflowId = runIdFor(runbook.name, mode);
  await started(
    client.workflow.start<Workflows['failover']>(workflowTypes.failover, {
      ...startOptions({
        zone: await zoneWithWorker(client, [runbook.zone]),
        workflowId,
        kind: workflowTypes.failover,
        summary: `${mode === 'real' ? 'Failover' : mode} ${runbook.name}, declared by ${person}`,
        attributes: runbook.protects[0] === undefined ? {} : { HoldfastSource: runbook.protects[0] },
      }),
      memo: memoOf(input),
      args: [input],
    }),
  );
  return workflowId;
}

/** Seconds after which a run that is still being prepared is left to itself. */
const patience = 20;

/**
 * Waits until a run has been admitted, or refused.
 *
 * @throws HoldfastError with the code and the sentence of the refusal
 */
export async function awaitDeclared(context: Context, workflowId: string): Promise<void> {
  const { client } = await context.temporal();
  const described = await describeFailover(client, workflowId);
  const until = Date.now() + patience * 1000;
  context.progress.show(`Preparing ${workflowId}`);
  while (Date.now() < until && !context.io.signal.aborted) {
    const { phase, result } = await readFailover(client, described);
    if (result === 'failed')
      await runToEnd(context, client.workflow.getHandle<Workflows['failover']>(workflowId, described.runId));
    if (phase !== 'preparing') return;
    await pause(300, undefined, { signal: context.io.signal }).catch(() => undefined);
  }
}

/** A run as Temporal knows it without asking a worker. */
export type DescribedFailover = { workflowId: string; runId: string; zone: string; running: boolean };

/**
 * The run of that name; without one the only one that is under way.
 *
 * @throws HoldfastError `not-found` when there is none, `bad-usage` when it is not clear which one is meant
 */
export async function describeFailover(client: Client, text: string | undefined): Promise<DescribedFailover> {
  const workflowId =
    text === undefined
      ? await onlyRunning(client)
      : ((await scheduledDrill(client, text)) ?? failoverIdOf(text));
  try {
    const { type, taskQueue, status, runId } = await client.workflow.getHandle(workflowId).describe();
    if (type === workflowTypes.failover)
      return { workflowId, runId, zone: zoneOf(taskQueue), running: status.name === 'RUNNING' };
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
  throw new HoldfastError('not-found', `There is no run ${workflowId}.`, {
    hint: '`holdfast failover list` shows them; a rehearsal is named drill/RUNBOOK.',
  });
}

/** The drill that a Schedule started, where `drill/RUNBOOK` is meant and that is what is under way. */
async function scheduledDrill(client: Client, text: string): Promise<string | null> {
  if (!/^drill\/[^/]+$/.test(text)) return null;
  const query = `WorkflowId STARTS_WITH '${text}/' and WorkflowType = '${workflowTypes.failover}' and ExecutionStatus = 'Running'`;
  for await (const { workflowId } of client.workflow.list({ query, pageSize: 1 })) return workflowId;
  return null;
}

async function onlyRunning(client: Client): Promise<string> {
  const running: string[] = [];
  const query = `HoldfastKind = '${workflowTypes.failover}' and ExecutionStatus = 'Running'`;
  for await (const { workflowId } of client.workflow.list({ query })) running.push(workflowId);
  const [only] = running;
  if (only !== undefined && running.length === 1) return only;
  throw new HoldfastError(
    running.length === 0 ? 'not-found' : 'bad-usage',
    running.length === 0 ? 'No failover and no drill is under way.' : 'More than one run is under way.',
    {
      hint:
        running.length === 0
          ? '`holdfast failover list` shows past ones.'
          : `Name one: ${running.join(', ')}.`,
    },
  );
}

const zoneOf = (taskQueue: string): string => taskQueue.slice(taskQueueOf('').length);

/**
 * What a run shows of itself, while it goes on and after it ended.
 *
 * @throws HoldfastError `unreachable` when no worker of its zone can tell
 */
export async function readFailover(
  client: Client,
  { workflowId, runId, zone }: Pick<DescribedFailover, 'workflowId' | 'runId' | 'zone'>,
): Promise<FailoverProgress> {
  await zoneWithWorker(client, [zone]);
  return client.workflow.getHandle(workflowId, runId).query<FailoverProgress>(progressQuery);
}

/** One run in a list; `state` is null where no worker could tell. */
export type ListedFailover = {
  workflowId: string;
  runId: string;
  status: string;
  runbook: string;
  mode: string;
  person: string;
  reason: string;
  startedAt: string;
  endedAt: string | null;
  state: FailoverProgress | null;
};

/** Runs that Temporal knows, newest first; `rehearsals` alone where that is asked. */
export async function listFailovers(
  client: Client,
  limit: number,
  only: 'all' | 'rehearsals' = 'all',
): Promise<ListedFailover[]> {
  const runs: ListedFailover[] = [];
  const those = only === 'all' ? '' : ` and WorkflowId STARTS_WITH '${runIdFor('', 'drill')}'`;
  const query = `HoldfastKind = '${workflowTypes.failover}'${those}`;
  for await (const info of client.workflow.list({ query })) {
    runs.push(await listed(client, info));
    if (runs.length >= limit) break;
  }
  return runs;
}

async function listed(client: Client, info: WorkflowExecutionInfo): Promise<ListedFailover> {
  const { workflowId, runId, memo = {}, status, startTime, closeTime, taskQueue } = info;
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const zone = zoneOf(taskQueue);
  const state = (await hasWorker(client, zone))
    ? await readFailover(client, { workflowId, runId, zone }).catch(() => null)
    : null;
  return {
    workflowId,
    runId,
    status: status.name.toLowerCase(),
    runbook: text(memo.runbook),
    mode: text(memo.mode),
    person: text(memo.person),
    reason: text(memo.reason),
    startedAt: startTime.toISOString(),
    endedAt: closeTime?.toISOString() ?? null,
    state,
  };
}
