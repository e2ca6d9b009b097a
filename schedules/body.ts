import type { IntervalSpecDescription } from '@temporalio/client';

/**
 * Everything of a Schedule that Holdfast sets, in one comparable form: from the policy what it should be, from
 * Temporal what it is. Durations in seconds, lists sorted.
 */
export type ScheduleBody = {
  calendars: string[];
  intervals: string[];
  skip: string[];
  timezone: string;
  jitter: number;
  startAt: string | null;
  endAt: string | null;
  overlap: string;
  catchup: number;
  pauseOnFailure: boolean;
  workflowType: string;
  workflowId: string;
  taskQueue: string;
  executionTimeout: number;
  runTimeout: number;
  summary: string;
  searchAttributes: Record<string, string>;
  /** What the workflow gets, as JSON. */
  input: unknown;
};

/**
 * Temporal has no single instant, only intervals counted from 1970. Half a century does: the last occurrence lies
 * before any schedule, the next in 2076. The offset itself must be in the past, because the server rounds towards
 * zero and would skip an occurrence that is the first.
 */
const halfCentury = 50 * 365 * 86_400 * 1000;

/** An interval that fires once, at an instant in seconds since 1970, from 2020 on. */
export function instantInterval(at: number): IntervalSpecDescription {
  return { every: halfCentury, offset: at * 1000 - halfCentury };
}

/** An interval as people read it. */
export function intervalText({ every, offset }: IntervalSpecDescription): string {
  if (every === halfCentury)
    return `once at ${new Date(halfCentury + offset).toISOString().replace(':00.000Z', 'Z')}`;
  return `every ${every / 1000}s${offset === 0 ? '' : ` from ${offset / 1000}s`}`;
}
