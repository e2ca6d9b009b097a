import { Cron } from 'croner';
import { Temporal } from 'temporal-polyfill';
import { intervalsOf } from '../policy/cron.ts';

/** What was due last: since when it certainly was, and from when on a run may be the one that was due. */
export type Due = { at: Date; from: Date };

/** When cron expressions were due last before an instant, in a time zone; null for one that never was. */
export type LastDue = (cron: string, before: Date) => Due | null;

/** Asks for each expression and instant once: most plans of a fleet share a few of them. */
export function lastDueIn(timezone: string): LastDue {
  const known = new Map<string, Due | null>();
  return (cron, before) => {
    const question = `${cron} ${before.getTime()}`;
    let due = known.get(question);
    if (due === undefined) {
      due = lastDue(new Cron(cron, { mode: '5-part', timezone }), before, timezone);
      known.set(question, due);
    }
    return due;
  };
}

/**
 * Where clocks are set, a time of day comes twice, or not at all and later: Temporal takes the one or the other, depending
 * on the zone. So near a change nothing is due for certain before both are over, and a run at either is the one.
 */
function lastDue(cron: Cron, before: Date, timezone: string): Due | null {
  const [latest] = cron.previousRuns(1, before);
  if (latest === undefined) return null;
  const later = shiftNear(latest, timezone);
  const [at = latest] = later === 0 ? [] : cron.previousRuns(1, earlier(before, later));
  return { at, from: earlier(at, shiftNear(at, timezone)) };
}

const nearMs = 3 * 3_600_000;

/** By how many milliseconds clocks are set, forward or back, within some hours of an instant. */
function shiftNear(at: Date, timezone: string): number {
  const offsetAt = (ms: number) =>
    Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timezone).offsetNanoseconds / 1e6;
  return Math.abs(offsetAt(at.getTime() + nearMs) - offsetAt(at.getTime() - nearMs));
}

const earlier = (at: Date, ms: number): Date => new Date(at.getTime() - ms);

const longest = new Map<string, number>();

/** The longest time between two runs of a cron expression, in seconds; worked out once, over eight years. */
export function longestInterval(cron: string): number {
  const known = longest.get(cron) ?? intervalsOf(cron).longest;
  longest.set(cron, known);
  return known;
}
