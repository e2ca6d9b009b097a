import { type Client, type ScheduleDescription, ScheduleNotFoundError } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import { intervalText, type ScheduleBody } from './body.ts';
import { calendarText, fromDescription } from './calendar.ts';
import { schedulePrefix } from './kinds.ts';
import { inParallel } from './parallel.ts';

/** A Schedule as Temporal has it. */
export type LiveSchedule = {
  id: string;
  /** The organization whose policy made it; null when Holdfast did not make it. */
  organization: string | null;
  body: ScheduleBody;
  paused: boolean;
  note: string;
  next: Date[];
  recent: { workflowId: string; runId: string; at: Date }[];
  running: number;
  missed: number;
  createdAt: Date;
  /** When it became what it is. */
  changedAt: Date;
};

/** The memo that says who made a schedule. It is set at creation and can't be changed after. */
export const makerMemo = (organization: string) => ({ holdfast: { organization, made: 1 } });

/**
 * Every schedule that Holdfast made for an organization, and whatever holds one of the wanted ids.
 *
 * Wanted ids are asked for one by one, because the list lags behind; only for removed ones the list must do.
 */
export async function liveSchedules(
  client: Client,
  organization: string,
  wanted: readonly string[],
): Promise<LiveSchedule[]> {
  const ids = new Set(wanted);
  for await (const summary of client.schedule.list({ pageSize: 1000 })) {
    if (summary.scheduleId.startsWith(schedulePrefix) && madeFor(summary.memo) === organization)
      ids.add(summary.scheduleId);
  }
  const found = await inParallel([...ids], 16, (id) => liveSchedule(client, id));
  return found.flatMap((live) => (live === null ? [] : [live]));
}

/** One schedule; null when there is none of that id. */
export async function liveSchedule(client: Client, id: string): Promise<LiveSchedule | null> {
  try {
    return fromTemporal(await client.schedule.getHandle(id).describe());
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return null;
    throw error;
  }
}

/** Temporal's description in our form. */
export function fromTemporal(description: ScheduleDescription): LiveSchedule {
  const { info } = description;
  return {
    id: description.scheduleId,
    organization: madeFor(description.memo),
    body: bodyOf(description),
    paused: description.state.paused,
    note: description.state.note ?? '',
    next: info.nextActionTimes,
    recent: info.recentActions.map(({ action, scheduledAt }) => ({
      workflowId: action.workflow.workflowId,
      runId: action.workflow.firstExecutionRunId,
      at: scheduledAt,
    })),
    running: info.runningActions.length,
    missed: info.numActionsMissedCatchupWindow,
    createdAt: info.createdAt,
    changedAt: info.lastUpdatedAt ?? info.createdAt,
  };
}

function bodyOf({ spec, policies, action }: ScheduleDescription): ScheduleBody {
  const [input] = action.args ?? [];
  return {
    calendars: (spec.calendars ?? []).map(fromDescription).map(calendarText).sort(),
    intervals: (spec.intervals ?? []).map(intervalText).sort(),
    skip: (spec.skip ?? []).map(fromDescription).map(calendarText).sort(),
    timezone: spec.timezone ?? '',
    jitter: (spec.jitter ?? 0) / 1000,
    startAt: spec.startAt?.toISOString() ?? null,
    endAt: spec.endAt?.toISOString() ?? null,
    overlap: policies.overlap ?? 'UNSPECIFIED',
    catchup: policies.catchupWindow / 1000,
    pauseOnFailure: policies.pauseOnFailure,
    workflowType: action.workflowType,
    workflowId: action.workflowId ?? '',
    taskQueue: action.taskQueue,
    executionTimeout: Number(action.workflowExecutionTimeout ?? 0) / 1000,
    runTimeout: Number(action.workflowRunTimeout ?? 0) / 1000,
    summary: action.staticSummary ?? '',
    searchAttributes: attributeRecord(action.typedSearchAttributes),
    input: input ?? null,
  };
}

function attributeRecord(attributes: unknown): Record<string, string> {
  if (!(attributes instanceof TypedSearchAttributes)) return {};
  return Object.fromEntries(attributes.getAll().map(({ key, value }) => [key.name, String(value)]));
}

/** The organization that a schedule's memo names; null when Holdfast did not make it. */
export function madeFor(memo: Record<string, unknown> | undefined): string | null {
  const made = memo?.holdfast;
  if (!isRecord(made) || made.made !== 1) return null;
  return typeof made.organization === 'string' ? made.organization : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
