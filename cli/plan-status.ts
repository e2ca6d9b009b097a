import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { ResolvedPlan } from '../policy/resolved.ts';
import { formatDuration } from '../policy/units.ts';
import { backupScheduleId, liveSchedule } from '../schedules/index.ts';
import type { Workflows } from '../workflows/contract.ts';
import { hasWorker } from './run-workflow.ts';

/** How a plan stands. Times are ISO 8601 in UTC. */
export type PlanStatus = {
  plan: string;
  source: string;
  zone: string;
  /** Whether a worker of the source's zone has asked for work in the last minutes. */
  worker: boolean;
  applied: boolean;
  paused: boolean;
  running: string[];
  next: string | null;
  last: { workflowId: string; at: string; result: string } | null;
  /** The newest backup of which a copy exists. */
  lastGood: { workflowId: string; backupId: string; dataTime: string; age: number } | null;
  /** The target of the source's tier, in seconds. */
  rpo: number | null;
  /** Occurrences that never started, because Temporal was away for longer than the catch-up time. */
  missed: number;
  /** Occurrences that were left out because the one before was still running. */
  skipped: number;
  /** What needs a person; empty when the plan stands well. */
  faults: string[];
};

const goodResults = ['passed', 'passed-with-exceptions'];

/** Reads how a plan stands from its Schedule and its latest runs. */
export async function planStatus(client: Client, plan: ResolvedPlan, now: Date): Promise<PlanStatus> {
  const live = await liveSchedule(client, backupScheduleId(plan.name));
  const running: string[] = [];
  let last: PlanStatus['last'] = null;
  const ofPlan = `HoldfastPlan = "${plan.name}" AND HoldfastKind = "backup"`;
  // Visibility lists running ones first, then those that ended last.
  for await (const run of client.workflow.list({ query: ofPlan, pageSize: 20 })) {
    if (run.status.name === 'RUNNING') running.push(run.workflowId);
    else {
      last = {
        workflowId: run.workflowId,
        at: (run.closeTime ?? run.startTime).toISOString(),
        result: resultOf(run),
      };
      break;
    }
  }
  const status = {
    plan: plan.name,
    source: plan.source.name,
    zone: plan.source.zone,
    worker: await hasWorker(client, plan.source.zone),
    applied: live !== null,
    paused: live?.paused ?? false,
    running,
    next: live?.paused === false ? (live.next[0]?.toISOString() ?? null) : null,
    last,
    lastGood: await newestGood(client, ofPlan, now),
    rpo: plan.tier?.rpo ?? null,
    missed: live?.missed ?? 0,
    skipped: live?.skipped ?? 0,
  };
  return { ...status, faults: faultsOf(status) };
}

async function newestGood(client: Client, ofPlan: string, now: Date): Promise<PlanStatus['lastGood']> {
  const good = `${ofPlan} AND HoldfastResult IN (${goodResults.map((result) => `"${result}"`).join(', ')})`;
  for await (const { workflowId, runId } of client.workflow.list({
    query: `${good} AND ExecutionStatus = "Completed"`,
    pageSize: 1,
  })) {
    const result = await client.workflow.getHandle<Workflows['backup']>(workflowId, runId).result();
    const { backupId, dataTime } = result;
    return { workflowId, backupId, dataTime, age: Math.round((now.getTime() - Date.parse(dataTime)) / 1000) };
  }
  return null;
}

/** The workflow's own word; a run that ended without one was ended from outside, and Temporal tells how. */
function resultOf({ typedSearchAttributes, status }: WorkflowExecutionInfo): string {
  const told = typedSearchAttributes.getAll().find(({ key }) => key.name === 'HoldfastResult')?.value;
  if (status.name === 'COMPLETED' && typeof told === 'string') return told;
  if (status.name === 'FAILED') return 'failed';
  return status.name === 'COMPLETED' ? 'passed' : status.name.toLowerCase().replaceAll('_', ' ');
}

/** What of a status needs a person. Pure. */
export function faultsOf(status: Omit<PlanStatus, 'faults'>): string[] {
  const { applied, last, lastGood, rpo, missed, running, worker, zone } = status;
  const faults: string[] = [];
  if (!worker)
    faults.push(
      `No worker of zone ${zone} answers, so no backup is made: run \`holdfast worker --zone ${zone}\`.`,
    );
  if (!applied) faults.push('It has no Schedule in Temporal: run `holdfast apply`.');
  if (last !== null && !goodResults.includes(last.result))
    faults.push(`Its last backup ended as ${last.result}: see ${last.workflowId} in the Web UI.`);
  if (lastGood === null && running.length === 0) faults.push('There is no good backup yet.');
  if (lastGood !== null && rpo !== null && lastGood.age > rpo)
    faults.push(
      `Its newest data is ${formatDuration(lastGood.age)} old, and its tier allows ${formatDuration(rpo)}.`,
    );
  if (missed > 0)
    faults.push(`${missed} of its backups never started, because Temporal was away for too long.`);
  return faults;
}
