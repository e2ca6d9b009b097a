import type { Client } from '@temporalio/client';
import type { ResolvedPolicy } from '../policy/resolved.ts';
import { liveSchedule, schedulePrefix } from '../schedules/index.ts';
import { type Workflows, workflowTypes } from '../workflows/contract.ts';
import type { HealthResult } from '../workflows/contract-checks.ts';
import { type DrillWatchResult, drillWatchId } from '../workflows/contract-drills.ts';

/** Drills are looked after every hour; a look that is older than this has missed one. */
const hours = 2;

type Judged = Pick<HealthResult, 'findings' | 'unchecked'>;

/** What is wrong with the drills of a policy, as whoever looks after them found last. */
export async function drillsJudged(client: Client, policy: ResolvedPolicy, now: number): Promise<Judged> {
  if (!Object.values(policy.runbooks).some(({ drills }) => drills.length > 0)) return nothing;
  const since = (await liveSchedule(client, `${schedulePrefix}${drillWatchId}`))?.createdAt ?? null;
  return judged(await lastLook(client), since, now);
}

const nothing: Judged = { findings: [], unchecked: [] };

/**
 * Findings of the last look; that nobody looks is told as well. Pure.
 *
 * @param since when the Schedule of the looks was made; null: there is none
 */
export function judged(
  last: Pick<DrillWatchResult, 'at' | 'findings'> | null,
  since: Date | null,
  now: number,
): Judged {
  const newest = last === null ? since?.getTime() : Date.parse(last.at);
  const isLate = newest === undefined || now - newest > hours * 3_600_000;
  const when = last === null ? 'nobody has looked yet' : `somebody looked last at ${last.at}`;
  const sentence = `Whether drills were held when they were to be is not known: ${when}. See the Schedule holdfast/${drillWatchId}, and run \`holdfast apply\` where it is missing.`;
  return {
    findings: last?.findings ?? [],
    unchecked: isLate ? [{ subject: drillWatchId, sentence }] : [],
  };
}

async function lastLook(client: Client): Promise<DrillWatchResult | null> {
  const query = `WorkflowType = '${workflowTypes.drillWatch}' and ExecutionStatus = 'Completed'`;
  for await (const { workflowId, runId } of client.workflow.list({ query, pageSize: 1 }))
    return client.workflow.getHandle<Workflows['drillWatch']>(workflowId, runId).result();
  return null;
}
