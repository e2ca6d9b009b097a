import type { CalendarSpec, IntervalSpec, ScheduleOptions } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType, TypedSearchAttributes } from '@temporalio/common';
import type { ResolvedPlan, ResolvedPolicy } from '../policy/resolved.ts';
import { taskQueueOf, workflowTypes } from '../workflows/contract.ts';
import { instantInterval, intervalText, type ScheduleBody } from './body.ts';
import { calendarsOf, calendarText, toCalendarSpec } from './calendar.ts';
import { parseCron } from './cron.ts';
import { missedByCalendars } from './dst.ts';

/** What the policy wants one Schedule to be. */
export type DesiredSchedule = { id: string; plan: ResolvedPlan; body: ScheduleBody };

/** Every schedule of ours has an id that starts so. */
export const schedulePrefix = 'holdfast/';

/** Seconds that a backup may take beyond its deadline, to clean up and to say what became of it. */
const afterDeadline = 15 * 60;

/** The id of a plan's backup schedule. */
export const backupScheduleId = (plan: string): string => `${schedulePrefix}backup/${plan}`;

/** The id of a plan's backup workflows; a schedule adds the nominal time to it. */
export const backupWorkflowId = (plan: string): string => `backup/${plan}`;

/** The Schedules that a policy wants, by id. */
export function desiredSchedules(policy: ResolvedPolicy): DesiredSchedule[] {
  return Object.values(policy.plans).map(desiredSchedule);
}

/**
 * The Schedule that a plan wants. Depends on nothing but the plan, so that two people on two days see no difference.
 *
 * @throws HoldfastError `bad-policy` when its cron expression can't be read.
 */
export function desiredSchedule(plan: ResolvedPlan): DesiredSchedule {
  const cron = parseCron(plan.schedule.cron);
  const timeLimit = plan.schedule.deadline + afterDeadline;
  return {
    id: backupScheduleId(plan.name),
    plan,
    body: {
      calendars: calendarsOf(cron).map(calendarText).sort(),
      intervals: missedByCalendars(cron, plan.timezone)
        .map((at) => intervalText(instantInterval(at)))
        .sort(),
      skip: [],
      timezone: plan.timezone,
      jitter: plan.schedule.jitter,
      startAt: null,
      endAt: null,
      overlap: 'SKIP',
      catchup: plan.schedule.catchup,
      pauseOnFailure: false,
      workflowType: workflowTypes.backup,
      workflowId: backupWorkflowId(plan.name),
      taskQueue: taskQueueOf(plan.source.zone),
      executionTimeout: timeLimit,
      runTimeout: timeLimit,
      summary: summaryOf(plan),
      searchAttributes: attributesOf(plan),
      plan: JSON.parse(JSON.stringify(plan)),
    },
  };
}

/** What Temporal is sent for a plan; the same for creation and update. */
export function scheduleOptions({ id, plan, body }: DesiredSchedule) {
  const cron = parseCron(plan.schedule.cron);
  const attributes = typedAttributes(body.searchAttributes);
  const calendars: CalendarSpec[] = calendarsOf(cron).map((calendar) =>
    toCalendarSpec(calendar, plan.schedule.cron),
  );
  const intervals: IntervalSpec[] = missedByCalendars(cron, plan.timezone).map(instantInterval);
  return {
    scheduleId: id,
    spec: { calendars, intervals, timezone: plan.timezone, jitter: plan.schedule.jitter * 1000 },
    policies: { overlap: 'SKIP', catchupWindow: plan.schedule.catchup * 1000, pauseOnFailure: false },
    typedSearchAttributes: attributes,
    action: {
      type: 'startWorkflow',
      workflowType: body.workflowType,
      workflowId: body.workflowId,
      taskQueue: body.taskQueue,
      args: [{ plan }],
      workflowExecutionTimeout: body.executionTimeout * 1000,
      workflowRunTimeout: body.runTimeout * 1000,
      staticSummary: body.summary,
      typedSearchAttributes: attributes,
    },
  } satisfies ScheduleOptions;
}

/** At most 200 bytes: the Web UI's one line on a run. */
export function summaryOf(plan: ResolvedPlan): string {
  const text = `Backup of ${plan.source.name} by plan ${plan.name} into ${plan.copies
    .map((copy) => copy.name)
    .join(', ')}`;
  return text.length <= 200 ? text : `${text.slice(0, 197)}...`;
}

/** The search attributes of a plan's schedule and of its backups. */
export function attributesOf(plan: ResolvedPlan): Record<string, string> {
  return { HoldfastPlan: plan.name, HoldfastSource: plan.source.name, HoldfastKind: workflowTypes.backup };
}

/** Keyword search attributes as Temporal's client takes them. */
export function typedAttributes(attributes: Record<string, string>): TypedSearchAttributes {
  return new TypedSearchAttributes(
    Object.entries(attributes).map(([name, value]) => ({
      key: defineSearchAttributeKey(name, SearchAttributeType.KEYWORD),
      value,
    })),
  );
}
