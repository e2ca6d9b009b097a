import type { Anchors, Keep, Tier } from '../policy/resolved.ts';
import {
  addSpan,
  type Day,
  dateOf,
  dayOfDate,
  dayText,
  type LocalClock,
  memo,
  weekdayOf,
} from './calendar.ts';

const hourMs = 3_600_000;

/** One hour, day, week, month or year of a tier. */
export type Period = {
  /** Tells it from every other one of the tier. */
  id: string;
  first: Day;
};

/**
 * Finds the periods of a tier, and when what stands for one ends. What depends on the day alone is computed once for
 * each day. A backup is asked for with the instant at which it started and the local day of that.
 */
export type PeriodFinder = {
  periodOf(at: number, day: Day): Period;
  /** The last day on which it is kept as this tier; at the least, where so many of the newest are kept. */
  lastDayOf(at: number, day: Day): Day;
  /** Whether its time as this tier is over at an instant. Counted tiers have no end of their own. */
  isOver(at: number, day: Day, now: number): boolean;
};

export function periodsOf(tier: Tier, keep: Keep, anchors: Anchors, clock: LocalClock): PeriodFinder {
  const first = memo((day: Day) => firstDayOf(tier, day, anchors));
  const named = memo((day: Day): Period => ({ id: dayText(first(day)), first: first(day) }));
  const lastDay = memo((day: Day) =>
    'for' in keep ? addSpan(day, keep.for) : endOfCount(tier, first(day), keep.newest),
  );
  const dayOfNow = memo(clock.dayOf);
  // Hours are counted on the clock that never changes; all longer spans on the calendar.
  const hours =
    tier === 'hourly' && 'for' in keep && keep.for.unit === 'hour' ? keep.for.count * hourMs : null;
  return {
    periodOf: (at, day) => (tier === 'hourly' ? { id: hourOf(at, clock), first: day } : named(day)),
    lastDayOf: (at, day) => (hours === null ? lastDay(day) : clock.dayOf(at + hours)),
    isOver: (at, day, now) => {
      if ('newest' in keep) return false;
      return hours === null ? dayOfNow(now) > lastDay(day) : now > at + hours;
    },
  };
}

/** `2026-10-25T02+01:00`: where clocks go back, an hour comes twice and is two. */
function hourOf(epochMs: number, clock: LocalClock): string {
  const offset = clock.offsetAt(epochMs);
  const hour = new Date(epochMs + offset).toISOString().slice(0, 13);
  const minutes = Math.trunc(Math.abs(offset) / 60_000);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${hour}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** Weeks, months and years start on the day of their anchor, so that its backup is the first that can stand for them. */
function firstDayOf(tier: Tier, day: Day, anchors: Anchors): Day {
  switch (tier) {
    case 'hourly':
    case 'daily':
      return day;
    case 'weekly':
      return day - ((weekdayOf(day) - anchors.weekly + 7) % 7);
    case 'monthly':
      return firstOfMonth(day, anchors.monthly);
    case 'yearly':
      return firstOfYear(day, anchors.yearly);
  }
}

function firstOfMonth(day: Day, anchor: number): Day {
  const { date } = dateOf(day);
  if (date >= anchor) return day - (date - anchor);
  const lastOfPrevious = day - date;
  return lastOfPrevious - (dateOf(lastOfPrevious).date - anchor);
}

function firstOfYear(day: Day, { month, day: date }: Anchors['yearly']): Day {
  const today = dateOf(day);
  const reached = today.month > month || (today.month === month && today.date >= date);
  return dayOfDate({ year: reached ? today.year : today.year - 1, month, date });
}

const unitOf = { hourly: 'hour', daily: 'day', weekly: 'week', monthly: 'month', yearly: 'year' } as const;

/** The soonest that so many newer periods can push one out: it is safe until the day before. */
function endOfCount(tier: Tier, first: Day, newest: number): Day {
  if (tier === 'hourly') return first + Math.max(0, Math.floor(newest / 24) - 1);
  return addSpan(first, { count: newest, unit: unitOf[tier] }) - 1;
}
