import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { PlanStanding } from '../workflows/contract-checks.ts';
import { inParallel } from './parallel.ts';

/** A backup that is under way, and the newest one that ended, of a plan. */
export type PlansRuns = Pick<PlanStanding, 'running' | 'last'>;

/** Plans that are few enough to be named in one query. */
const few = 20;

/**
 * The backups of plans that run, and the newest that ended, by plan. Asks for all plans at once, newest first, and alone
 * only for plans whose last run lies further back than the runs of the others.
 */
export async function backupRuns(
  client: Client,
  plans: readonly string[],
): Promise<{ running: Map<string, PlanStanding['running']>; last: Map<string, PlanStanding['last']> }> {
  const backups = `HoldfastKind = "backup"${plans.length > few ? '' : ` AND HoldfastPlan IN (${plans.map(quoted).join(', ')})`}`;
  const [running, last] = await Promise.all([
    runningOf(client, `${backups} AND ExecutionStatus = "Running"`),
    lastOf(client, `${backups} AND ExecutionStatus != "Running"`, plans),
  ]);
  return { running, last };
}

async function runningOf(client: Client, query: string): Promise<Map<string, PlanStanding['running']>> {
  const found = new Map<string, PlanStanding['running']>();
  for await (const run of client.workflow.list({ query, pageSize: 1000 })) {
    const plan = told(run, 'HoldfastPlan');
    const since = run.startTime.toISOString();
    if (plan === null || since > (found.get(plan)?.since ?? since)) continue;
    found.set(plan, { workflowId: run.workflowId, since });
  }
  return found;
}

async function lastOf(
  client: Client,
  query: string,
  plans: readonly string[],
): Promise<Map<string, PlanStanding['last']>> {
  const found = new Map<string, PlanStanding['last']>();
  const unseen = new Set(plans);
  let left = 3 * plans.length + 1000;
  for await (const run of client.workflow.list({ query, pageSize: 1000 })) {
    const plan = told(run, 'HoldfastPlan');
    if (plan !== null && unseen.delete(plan)) found.set(plan, endOf(run));
    left -= 1;
    if (unseen.size === 0 || left === 0) break;
  }
  if (left > 0) return found;
  await inParallel([...unseen], 16, async (plan) => {
    const own = `${query} AND HoldfastPlan = ${quoted(plan)}`;
    for await (const run of client.workflow.list({ query: own, pageSize: 1 })) {
      found.set(plan, endOf(run));
      break;
    }
  });
  return found;
}

function endOf(run: WorkflowExecutionInfo): PlanStanding['last'] {
  const at = (run.closeTime ?? run.startTime).toISOString();
  return { workflowId: run.workflowId, at, result: resultOf(run) };
}

/** The workflow's own word; a run that ended without one was ended from outside, and Temporal tells how. */
function resultOf(run: WorkflowExecutionInfo): string {
  const { name } = run.status;
  const result = told(run, 'HoldfastResult');
  if (name === 'COMPLETED' && result !== null) return result;
  if (name === 'FAILED') return 'failed';
  return name === 'COMPLETED' ? 'passed' : name.toLowerCase().replaceAll('_', ' ');
}

function told({ typedSearchAttributes }: WorkflowExecutionInfo, name: string): string | null {
  const value = typedSearchAttributes.getAll().find(({ key }) => key.name === name)?.value;
  return typeof value === 'string' ? value : null;
}

/** Names of plans are lower-case letters, digits and hyphens: nothing in them ends a quotation. */
const quoted = (name: string): string => `"${name}"`;
