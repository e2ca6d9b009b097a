import { Temporal } from 'temporal-polyfill';
import { type Cron, cronMatches, isOncePerDay, type WallTime } from './cron.ts';

/** A moment at which a zone's clocks are set; all in seconds. */
type ClockChange = { at: number; before: number; after: number };

/** Years are fixed, so that the result does not depend on the day on which it is computed. */
const firstYear = 2026;
const lastYear = 2040;

const hour = 3600;
const day = 24 * hour;

const knownChanges = new Map<string, ClockChange[]>();

/**
 * The instants, in seconds since 1970, at which a cron expression must fire although Temporal's calendars miss them
 * or may miss them, for every clock change from 2026 to 2040.
 *
 * Spring: a wall time that the zone skips never comes, so Temporal does not fire. It fires as long after the change as
 * the wall time lies in the gap (02:30 becomes 03:30), unless the expression fires then anyway. What else Temporal
 * loses on such a day is listed too.
 *
 * Autumn: an hour comes twice. An expression with one time of day fires in one of the two or in both, depending on the
 * zone. One that runs through the day loses firings in zones east of UTC, so both hours are listed.
 *
 * All of this was seen on Temporal server 1.32.0; law 12's test holds it against a real server.
 */
export function missedByCalendars(cron: Cron, timezone: string): number[] {
  const instants = clockChanges(timezone).flatMap((change) =>
    change.after > change.before
      ? [...inGap(cron, change), ...afterGap(cron, change)]
      : inRepeatedTime(cron, change),
  );
  return [...new Set(instants)].sort((a, b) => a - b);
}

function inGap(cron: Cron, change: ClockChange): number[] {
  const length = change.after - change.before;
  return minutesFrom(change.at, length).filter(
    (instant) =>
      cronMatches(cron, wallTime(instant + change.before)) &&
      !cronMatches(cron, wallTime(instant + change.after)),
  );
}

/**
 * Temporal gives up the rest of an hour that the gap cuts (Lord Howe's is half an hour), and where the gap begins at
 * midnight it takes the day for the day before, so that a weekday's firings are lost until the next midnight.
 */
function afterGap(cron: Cron, change: ClockChange): number[] {
  const wallStart = change.at + change.before;
  const wallEnd = change.at + change.after;
  const weekdayLost = wallStart % day === 0 && !cron.dayOfWeek.any;
  const unit = weekdayLost ? day : hour;
  return minutesFrom(change.at, Math.ceil(wallEnd / unit) * unit - wallEnd).filter((instant) =>
    cronMatches(cron, wallTime(instant + change.after)),
  );
}

function inRepeatedTime(cron: Cron, change: ClockChange): number[] {
  if (isOncePerDay(cron)) return [];
  const length = change.before - change.after;
  return minutesFrom(change.at, length)
    .filter((instant) => cronMatches(cron, wallTime(instant + change.after)))
    .flatMap((instant) => [instant - length, instant]);
}

function minutesFrom(start: number, seconds: number): number[] {
  return Array.from({ length: Math.floor(seconds / 60) }, (_, index) => start + index * 60);
}

/** What a clock shows that is `seconds` ahead of 1970 in its own local time. */
function wallTime(seconds: number): WallTime {
  const date = new Date(seconds * 1000);
  return {
    minute: date.getUTCMinutes(),
    hour: date.getUTCHours(),
    dayOfMonth: date.getUTCDate(),
    month: date.getUTCMonth() + 1,
    dayOfWeek: date.getUTCDay(),
  };
}

function clockChanges(timezone: string): ClockChange[] {
  const known = knownChanges.get(timezone);
  if (known !== undefined) return known;
  const found: ClockChange[] = [];
  let moment = Temporal.ZonedDateTime.from({ year: firstYear, month: 1, day: 1, timeZone: timezone });
  for (;;) {
    const next = moment.getTimeZoneTransition('next');
    if (next === null || next.year > lastYear) break;
    const before = next.subtract({ nanoseconds: 1 }).offsetNanoseconds / 1e9;
    found.push({ at: next.epochMilliseconds / 1000, before, after: next.offsetNanoseconds / 1e9 });
    moment = next;
  }
  knownChanges.set(timezone, found);
  return found;
}
