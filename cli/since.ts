import { InvalidArgumentError } from 'commander';
import { Temporal } from 'temporal-polyfill';
import { parseDuration } from '../policy/units.ts';

/** A point in time as a person writes it; what it is an instant of depends on the zone that days are counted in. */
export type Since = (timezone: string) => string;

const wanted =
  'Give a day (2026-11-21), an instant with its offset (2026-11-21T02:00Z) or how long ago (7d).';

/**
 * Reads how long ago, a day (its first instant in the time zone) or an instant of ISO 8601 with its offset.
 *
 * @throws InvalidArgumentError
 */
export function sinceOption(text: string): Since {
  const ago = parseDuration(text);
  if (ago !== null) return () => new Date(Date.now() - ago * 1000).toISOString();
  try {
    if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) {
      const instant = new Date(Temporal.Instant.from(text).epochMilliseconds).toISOString();
      return () => instant;
    }
    const day = Temporal.PlainDate.from(text);
    return (timezone) => new Date(day.toZonedDateTime(timezone).epochMilliseconds).toISOString();
  } catch {
    throw new InvalidArgumentError(wanted);
  }
}
