import type { Client, ScheduleSummary } from '@temporalio/client';
import type { PlanStanding } from '../workflows/contract-checks.ts';
import { backupScheduleId } from './kinds.ts';
import { type LiveSchedule, liveSchedule, madeFor } from './live.ts';
import { inParallel } from './parallel.ts';
import { backupRuns } from './runs.ts';

/** What Temporal tells of a Schedule, from its list or from itself. */
type Fired = { paused: boolean; next: Date[] };

/** So many are asked one by one, which shows what was changed a moment ago; the list lags behind. */
const few = 20;

/**
 * How plans stand by Temporal's own account: whether their Schedules are there and paused, when they fire next, what runs,
 * how the last run ended. A thousand plans take a handful of calls.
 */
export async function planStandings(
  client: Client,
  organization: string,
  plans: readonly string[],
): Promise<PlanStanding[]> {
  if (plans.length === 0) return [];
  const [schedules, { running, last }] = await Promise.all([
    firedOf(client, organization, plans),
    backupRuns(client, plans),
  ]);
  return plans.map((plan) => {
    const schedule = schedules.get(plan);
    return {
      plan,
      applied: schedule !== undefined,
      paused: schedule?.paused ?? false,
      running: running.get(plan) ?? null,
      last: last.get(plan) ?? null,
      next: schedule?.paused === false ? (schedule.next[0]?.toISOString() ?? null) : null,
    };
  });
}

async function firedOf(
  client: Client,
  organization: string,
  plans: readonly string[],
): Promise<Map<string, Fired>> {
  const found = new Map<string, Fired>();
  if (plans.length > few) {
    const listed = new Map<string, ScheduleSummary>();
    for await (const summary of client.schedule.list({ pageSize: 1000 }))
      if (madeFor(summary.memo) === organization) listed.set(summary.scheduleId, summary);
    for (const plan of plans) {
      const summary = listed.get(backupScheduleId(plan));
      if (summary !== undefined)
        found.set(plan, { paused: summary.state.paused, next: summary.info.nextActionTimes });
    }
  }
  const unseen = plans.filter((plan) => !found.has(plan));
  await inParallel(unseen, 16, async (plan) => {
    const live = await liveSchedule(client, backupScheduleId(plan));
    if (isOurs(live, organization)) found.set(plan, live);
  });
  return found;
}

function isOurs(live: LiveSchedule | null, organization: string): live is LiveSchedule {
  return live !== null && live.organization === organization;
}
