import type { Client } from '@temporalio/client';
import type { ResolvedPlan, ResolvedPolicy } from '../../policy/resolved.ts';
import { planStandings, silentZones } from '../../schedules/index.ts';
import { type AlertsState, alertsQuery, alertsWorkflowId } from '../../workflows/contract-alerts.ts';
import {
  type FollowUpList,
  followUpsQuery,
  followUpsWorkflowId,
} from '../../workflows/contract-follow-ups.ts';
import { placesOf } from '../../workflows/retention-places.ts';
import type { Context } from '../context.ts';
import type { StatusFacts } from './facts.ts';
import { surveyRepositories } from './survey.ts';

const patience = 5;

/** Asks Temporal and the repositories how plans stand. What does not answer is told as unknown; nothing here fails for it. */
export async function gatherFacts(
  context: Context,
  policy: ResolvedPolicy,
  plans: readonly ResolvedPlan[],
): Promise<StatusFacts> {
  const { client } = await context.temporal();
  const names = plans.map(({ name }) => name);
  const silent = await silentZones(client, zonesOf(policy, plans));
  const [standings, surveys, alerts, followUps] = await Promise.all([
    planStandings(client, policy.organization, names),
    surveyRepositories(context, client, plans, silent),
    silent.includes(policy.checks.zone) ? null : openAlerts(client),
    silent.includes(policy.checks.zone)
      ? null
      : asked<FollowUpList>(client, followUpsWorkflowId, followUpsQuery),
  ]);
  return { standings, surveys, silentZones: silent, alerts, followUps };
}

function zonesOf({ checks }: ResolvedPolicy, plans: readonly ResolvedPlan[]): string[] {
  const zones = plans.flatMap((plan) => {
    const { copies, archives } = placesOf(plan);
    return [plan.source.zone, ...[...copies, ...archives].map(({ zone }) => zone)];
  });
  return [...new Set([checks.zone, ...zones])];
}

const openAlerts = (client: Client): Promise<AlertsState | null> =>
  asked<AlertsState>(client, alertsWorkflowId, alertsQuery);

/** Null where nobody keeps what is asked for, or whoever does gives no answer. */
async function asked<Answer>(client: Client, workflowId: string, query: string): Promise<Answer | null> {
  try {
    return await client.connection.withDeadline(Date.now() + patience * 1000, () =>
      client.workflow.getHandle(workflowId).query<Answer>(query),
    );
  } catch {
    return null;
  }
}
