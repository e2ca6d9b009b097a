import type { CalendarSpec, IntervalSpec, ScheduleOptions } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType, TypedSearchAttributes } from '@temporalio/common';
import type { ResolvedPolicy } from '../policy/resolved.ts';
import { taskQueueOf } from '../workflows/contract.ts';
import { instantInterval, intervalText, type ScheduleBody } from './body.ts';
import { calendarsOf, calendarText, toCalendarSpec } from './calendar.ts';
import { parseCron } from './cron.ts';
import { missedByCalendars } from './dst.ts';
import { type Recurring, recurringOf, schedulePrefix } from './kinds.ts';

/** What the policy wants one Schedule to be. */
export type DesiredSchedule = { id: string; recurring: Recurring; body: ScheduleBody };

/** The Schedules that a policy wants. */
export function desiredSchedules(policy: ResolvedPolicy): DesiredSchedule[] {
  return recurringOf(policy).map(desiredSchedule);
}

/**
 * The Schedule that a recurring workflow wants. Depends on nothing else, so that two people on two days see no
 * difference.
 *
 * @throws HoldfastError `bad-policy` when its cron expression can't be read.
 */
export function desiredSchedule(recurring: Recurring): DesiredSchedule {
  const { settings, timezone } = recurring;
  const cron = parseCron(settings.cron);
  return {
    id: `${schedulePrefix}${recurring.workflowId}`,
    recurring,
    body: {
      calendars: calendarsOf(cron).map(calendarText).sort(),
      intervals: missedByCalendars(cron, timezone)
        .map((at) => intervalText(instantInterval(at)))
        .sort(),
      skip: [],
      timezone,
      jitter: settings.jitter,
      startAt: null,
      endAt: null,
      overlap: 'SKIP',
      catchup: settings.catchup,
      pauseOnFailure: false,
      workflowType: recurring.workflowType,
      workflowId: recurring.workflowId,
      taskQueue: taskQueueOf(recurring.zone),
      executionTimeout: recurring.timeLimit,
      runTimeout: recurring.timeLimit,
      summary: summaryLine(recurring.summary),
      searchAttributes: recurring.attributes,
      input: JSON.parse(JSON.stringify(recurring.input)),
    },
  };
}

/** What Temporal is sent for a Schedule; the same for creation and update. */
export function scheduleOptions({ id, recurring, body }: DesiredSchedule) {
  const { settings, timezone } = recurring;
  const cron = parseCron(settings.cron);
  const attributes = typedAttributes(body.searchAttributes);
  const calendars: CalendarSpec[] = calendarsOf(cron).map((calendar) =>
    toCalendarSpec(calendar, settings.cron),
  );
  const intervals: IntervalSpec[] = missedByCalendars(cron, timezone).map(instantInterval);
  return {
    scheduleId: id,
    spec: { calendars, intervals, timezone, jitter: settings.jitter * 1000 },
    policies: { overlap: 'SKIP', catchupWindow: settings.catchup * 1000, pauseOnFailure: false },
    typedSearchAttributes: attributes,
    action: {
      type: 'startWorkflow',
      workflowType: body.workflowType,
      workflowId: body.workflowId,
      taskQueue: body.taskQueue,
      args: [recurring.input],
      workflowExecutionTimeout: body.executionTimeout * 1000,
      workflowRunTimeout: body.runTimeout * 1000,
      staticSummary: body.summary,
      typedSearchAttributes: attributes,
      ...(recurring.memo === undefined ? {} : { memo: recurring.memo }),
    },
  } satisfies ScheduleOptions;
}

/** Temporal takes 200 bytes for the Web UI's one line on a run. */
export function summaryLine(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 197)}...`;
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
