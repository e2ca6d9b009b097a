import type { Client } from '@temporalio/client';
import type { ResolvedPlan } from '../policy/resolved.ts';
import { workflowTypes } from '../workflows/contract.ts';
import type { CheckedPlan, PlanRuns, StoppedSchedule, TemporalFacts } from '../workflows/contract-checks.ts';
import type { ScheduleBody } from './body.ts';
import { desiredSchedule } from './desired.ts';
import { bodyChanges } from './diff.ts';
import { backupOf, backupScheduleId, schedulePrefix } from './kinds.ts';
import { type LiveSchedule, liveSchedule, madeFor } from './live.ts';
import { inParallel } from './parallel.ts';
import { planStandings } from './standing.ts';
import { silentZones } from './workers.ts';

/** What is asked of Temporal, and of whom. */
export type TemporalQuestion = {
  organization: string;
  plans: readonly CheckedPlan[];
  /** Other Schedules, by their ids without the prefix. */
  schedules?: readonly string[];
  zones: readonly string[];
};

/**
 * Everything that Temporal itself knows of plans. Asks for each Schedule alone, some hundredths of a second each: for
 * checks that nobody waits for.
 */
export async function temporalFacts(client: Client, question: TemporalQuestion): Promise<TemporalFacts> {
  const { organization, plans, schedules = [], zones } = question;
  const [standings, silent, stopped] = await Promise.all([
    planStandings(
      client,
      organization,
      plans.map(({ plan }) => plan),
    ),
    silentZones(client, zones),
    stoppedSchedules(client, organization, schedules),
  ]);
  const known = new Map(plans.map((plan) => [plan.plan, plan]));
  const detailed = await inParallel(standings, 16, async (standing): Promise<PlanRuns> => {
    const live = standing.applied ? await liveSchedule(client, backupScheduleId(standing.plan)) : null;
    const plan = known.get(standing.plan);
    return {
      ...standing,
      changedAt: live?.changedAt.toISOString() ?? null,
      drifted: live !== null && plan !== undefined && isDrifted(live, plan),
      missed: live?.missed ?? 0,
    };
  });
  return { plans: detailed, silentZones: silent, stopped };
}

/** Those that are paused or not there. The list lags behind, so that whatever it says of them is asked of themselves. */
async function stoppedSchedules(
  client: Client,
  organization: string,
  ids: readonly string[],
): Promise<StoppedSchedule[]> {
  if (ids.length === 0) return [];
  const running = new Set<string>();
  for await (const { scheduleId, memo, state } of client.schedule.list({ pageSize: 1000 }))
    if (madeFor(memo) === organization && !state.paused) running.add(scheduleId);
  const doubtful = ids.filter((id) => !running.has(`${schedulePrefix}${id}`));
  const stopped = await inParallel(doubtful, 16, async (id): Promise<StoppedSchedule[]> => {
    const live = await liveSchedule(client, `${schedulePrefix}${id}`);
    if (live === null || live.organization !== organization) return [{ id, how: 'missing' }];
    return live.paused ? [{ id, how: 'paused' }] : [];
  });
  return stopped.flat();
}

/**
 * Whether a Schedule is another than the policy wants. A worker has no policy file: but a Schedule carries the plan that
 * it was made of, so what it should be follows from that; and of that plan, what the checks know is compared.
 */
export function isDrifted(
  live: LiveSchedule,
  plan: Pick<CheckedPlan, 'plan' | 'zone' | 'cron' | 'deadline' | 'paused'>,
): boolean {
  const { body } = live;
  if (body.workflowType !== workflowTypes.backup || !carriesPlan(body.input)) return true;
  const carried = body.input.plan;
  const same =
    carried.name === plan.plan &&
    carried.source.zone === plan.zone &&
    carried.schedule.cron === plan.cron &&
    carried.schedule.deadline === plan.deadline &&
    carried.schedule.paused === plan.paused;
  return !same || changedFrom(live, carried);
}

/** What a Schedule should be takes a while to work out, and rarely changes: remembered by all that it follows from. */
const judged = new Map<string, { facts: string; changed: boolean }>();

function changedFrom({ id, body }: LiveSchedule, carried: ResolvedPlan): boolean {
  const facts = JSON.stringify(body);
  const before = judged.get(id);
  if (before?.facts === facts) return before.changed;
  const changed = differs(body, carried);
  judged.set(id, { facts, changed });
  return changed;
}

function differs(body: ScheduleBody, carried: ResolvedPlan): boolean {
  try {
    return bodyChanges(body, desiredSchedule(backupOf(carried)).body).length > 0;
  } catch {
    // No policy has a cron expression that can't be read.
    return true;
  }
}

/** A hand may have made anything of a Schedule's argument; what `backupOf` reads of it must be there. */
function carriesPlan(input: unknown): input is { plan: ResolvedPlan } {
  if (!isRecord(input) || !isRecord(input.plan)) return false;
  const { name, timezone, source, schedule, copies } = input.plan;
  return (
    typeof name === 'string' &&
    typeof timezone === 'string' &&
    isRecord(source) &&
    typeof source.zone === 'string' &&
    isRecord(schedule) &&
    typeof schedule.cron === 'string' &&
    Array.isArray(copies)
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
