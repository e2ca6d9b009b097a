import type { CalendarSpec, CalendarSpecDescription } from '@temporalio/client';
import { type Cron, isEitherDay, parseCron } from './cron.ts';

/** A Temporal calendar as sets of numbers, so that two of them compare. No years: every year. */
export type Calendar = {
  seconds: readonly number[];
  minutes: readonly number[];
  hours: readonly number[];
  daysOfMonth: readonly number[];
  months: readonly number[];
  /** Sunday is 0. */
  daysOfWeek: readonly number[];
  years: readonly number[];
};

const monthNames = [
  'JANUARY',
  'FEBRUARY',
  'MARCH',
  'APRIL',
  'MAY',
  'JUNE',
  'JULY',
  'AUGUST',
  'SEPTEMBER',
  'OCTOBER',
  'NOVEMBER',
  'DECEMBER',
] as const;
const dayNames = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'] as const;

const everyDayOfMonth = span(1, 31);
const everyDayOfWeek = span(0, 6);

/**
 * The calendars of a cron expression. Temporal demands every field of a calendar, cron takes either day when both are
 * restricted: such an expression becomes two calendars.
 *
 * @throws HoldfastError `bad-policy` for what is not a cron expression of five fields.
 */
export function calendarsOf(expression: string | Cron): Calendar[] {
  const cron = typeof expression === 'string' ? parseCron(expression) : expression;
  const calendar = {
    seconds: [0],
    minutes: cron.minute.values,
    hours: cron.hour.values,
    daysOfMonth: cron.dayOfMonth.values,
    months: cron.month.values,
    daysOfWeek: cron.dayOfWeek.values,
    years: [],
  };
  if (!isEitherDay(cron)) return [calendar];
  return [
    { ...calendar, daysOfWeek: everyDayOfWeek },
    { ...calendar, daysOfMonth: everyDayOfMonth },
  ];
}

/** What is sent to Temporal. Every range has its end: without one the server takes 1. */
export function toCalendarSpec(calendar: Calendar, comment: string): CalendarSpec {
  return {
    second: ranges(calendar.seconds),
    minute: ranges(calendar.minutes),
    hour: ranges(calendar.hours),
    dayOfMonth: ranges(calendar.daysOfMonth),
    month: calendar.months.flatMap((month) => monthNames[month - 1] ?? []),
    dayOfWeek: calendar.daysOfWeek.flatMap((day) => dayNames[day] ?? []),
    comment,
  };
}

/** What Temporal describes, as sets. */
export function fromDescription(described: CalendarSpecDescription): Calendar {
  return {
    seconds: values(described.second),
    minutes: values(described.minute),
    hours: values(described.hour),
    daysOfMonth: values(described.dayOfMonth),
    months: values(
      described.month.map((range) => ({
        start: monthNames.indexOf(range.start) + 1,
        end: monthNames.indexOf(range.end) + 1,
        step: range.step,
      })),
    ),
    daysOfWeek: values(
      described.dayOfWeek.map((range) => ({
        start: dayNames.indexOf(range.start),
        end: dayNames.indexOf(range.end),
        step: range.step,
      })),
    ),
    years: values(described.year),
  };
}

/** A calendar as people read it: cron's fields, and what cron has no field for behind them. */
export function calendarText(calendar: Calendar): string {
  const fields = [
    fieldText(calendar.minutes, 60),
    fieldText(calendar.hours, 24),
    fieldText(calendar.daysOfMonth, 31),
    fieldText(calendar.months, 12),
    fieldText(calendar.daysOfWeek, 7),
  ];
  const seconds = fieldText(calendar.seconds, 60);
  if (seconds !== '0') fields.push(`second ${seconds}`);
  if (calendar.years.length > 0) fields.push(`in ${fieldText(calendar.years, Number.POSITIVE_INFINITY)}`);
  return fields.join(' ');
}

function fieldText(list: readonly number[], size: number): string {
  if (list.length === size) return '*';
  return ranges(list)
    .map(({ start, end }) => (start === end ? `${start}` : `${start}-${end}`))
    .join(',');
}

/** Runs of neighbouring numbers. */
function ranges(list: readonly number[]): { start: number; end: number; step: number }[] {
  const runs: { start: number; end: number; step: number }[] = [];
  for (const value of list) {
    const last = runs.at(-1);
    if (last !== undefined && last.end + 1 === value) last.end = value;
    else runs.push({ start: value, end: value, step: 1 });
  }
  return runs;
}

function values(list: { start: number; end: number; step: number }[]): number[] {
  const found = list.flatMap(({ start, end, step }) =>
    span(start, end).filter((n) => (n - start) % step === 0),
  );
  return [...new Set(found)].sort((a, b) => a - b);
}

function span(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}
