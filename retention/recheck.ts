import { endOfDay } from './calendar.ts';
import type { RetainedBackup } from './types.ts';

/** The moment for which was decided what goes, this very moment, and the policy's time zone. */
export type Recheck = { decidedFor: string; at: string; timezone: string };

/**
 * What keeps a copy that was to go, by the markers that are there when its turn comes; null when nothing does (law 4).
 * A promise holds through its last day.
 */
export function whyStays(
  { holds, readingUntil, copies }: RetainedBackup,
  { decidedFor, at, timezone }: Recheck,
): string | null {
  if (holds.length > 0) return `It came under the legal hold ${holds.join(', ')}.`;
  if (readingUntil !== null && Date.parse(readingUntil) > Date.parse(at))
    return `A restore is reading it, until ${readingUntil} at the longest.`;
  if (copies.some(({ untouchable }) => untouchable === 'disproven'))
    return 'It failed a restore test: a person decides what becomes of it.';
  const promise = copies
    .flatMap(({ promised }) => promised)
    .find(({ until }) => Date.parse(endOfDay(until, timezone)) > Date.parse(decidedFor));
  return promise === undefined
    ? null
    : `It was promised to be kept as ${promise.tier} until ${promise.until}.`;
}
