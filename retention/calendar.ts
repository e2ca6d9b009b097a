import { Temporal } from 'temporal-polyfill';
import type { Span } from '../policy/units.ts';

/** Days since 1 January 1970, on a calendar without zones. */
export type Day = number;

const dayMs = 86_400_000;
const epoch = Temporal.PlainDate.from('1970-01-01');
/** Years have four digits in the name of a marker. */
const lastDay: Day = Date.parse('9999-12-31T00:00:00Z') / dayMs;

/** YYYY-MM-DD; the last day of the year 9999 for all that is later. */
export function dayText(day: Day): string {
  return new Date(Math.min(day, lastDay) * dayMs).toISOString().slice(0, 10);
}

export type CalendarDate = { year: number; month: number; date: number };

export function dateOf(day: Day): CalendarDate {
  const moment = new Date(day * dayMs);
  return { year: moment.getUTCFullYear(), month: moment.getUTCMonth() + 1, date: moment.getUTCDate() };
}

export function dayOfDate({ year, month, date }: CalendarDate): Day {
  return toDay(Temporal.PlainDate.from({ year, month, day: date }));
}

/** ISO 8601: 1 is Monday. The first of January 1970 was a Thursday. */
export function weekdayOf(day: Day): number {
  return ((((day + 3) % 7) + 7) % 7) + 1;
}

/**
 * The day that lies a span of days, weeks, months or years later; in a month that is too short, its last day.
 */
export function addSpan(day: Day, { count, unit }: Span): Day {
  const start = epoch.add({ days: day });
  const later =
    unit === 'hour' ? start.add({ days: Math.ceil(count / 24) }) : start.add({ [`${unit}s`]: count });
  return toDay(later);
}

const toDay = (date: Temporal.PlainDate): Day => Date.parse(`${date.toString()}T00:00:00Z`) / dayMs;

/** The clock on the wall of a time zone. */
export type LocalClock = {
  /** Milliseconds that local time is ahead of UTC at an instant. */
  offsetAt(epochMs: number): number;
  dayOf(epochMs: number): Day;
};

/**
 * The clock of a time zone, which asks the zone's rules twice for each day and not for each instant.
 *
 * @throws RangeError for a name that is no time zone; a policy was checked for that
 */
export function clockOf(timezone: string): LocalClock {
  const ask = (epochMs: number) =>
    Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(timezone).offsetNanoseconds / 1e6;
  const atMidnight = memo((utcDay: number) => ask(utcDay * dayMs));
  const offsetAt = (epochMs: number) => {
    const utcDay = Math.floor(epochMs / dayMs);
    const before = atMidnight(utcDay);
    return before === atMidnight(utcDay + 1) ? before : ask(epochMs);
  };
  return { offsetAt, dayOf: (epochMs) => Math.floor((epochMs + offsetAt(epochMs)) / dayMs) };
}

/** The instant at which a day is over in a time zone; ISO 8601 in UTC. */
export function endOfDay(day: string, timezone: string): string {
  const next = Temporal.PlainDate.from(day).add({ days: 1 });
  return new Date(next.toZonedDateTime(timezone).epochMilliseconds).toISOString();
}

/** The same function, which computes each answer once. */
export function memo<Key, Value>(compute: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, Value>();
  return (key) => {
    let value = known.get(key);
    if (value === undefined) {
      value = compute(key);
      known.set(key, value);
    }
    return value;
  };
}
