import { Temporal } from 'temporal-polyfill';
import { HoldfastError } from '../policy/errors.ts';
import type { Period } from '../workflows/contract-report.ts';

/**
 * A quarter of the calendar in a time zone; of the one that is not over, what is over of it. Absent: the last one that
 * is over.
 *
 * @param text as a person writes it: `2026Q4`
 * @throws HoldfastError `bad-usage` when it is none, or has not begun
 */
export function quarterNamed(text: string | undefined, timezone: string, now: Date): Period {
  const today = Temporal.Instant.from(now.toISOString()).toZonedDateTimeISO(timezone).toPlainDate();
  const first = text === undefined ? quarterOf(today).subtract({ months: 3 }) : firstDay(text);
  const from = startOf(first, timezone);
  const end = startOf(first.add({ months: 3 }), timezone);
  const asked = `${first.year}Q${Math.ceil(first.month / 3)}`;
  if (Date.parse(from) >= now.getTime())
    throw new HoldfastError('bad-usage', `${asked} has not begun.`, {
      hint: `The last quarter that is over is ${quarterNamed(undefined, timezone, now).name}.`,
    });
  if (Date.parse(end) <= now.getTime()) return { name: asked, from, to: end };
  return { name: `${asked} so far`, from, to: now.toISOString() };
}

function firstDay(text: string): Temporal.PlainDate {
  const [, year, quarter] = /^(\d{4})Q([1-4])$/i.exec(text) ?? [];
  if (year === undefined || quarter === undefined)
    throw new HoldfastError('bad-usage', `"${text}" is no quarter.`, { hint: 'Write one like 2026Q4.' });
  return new Temporal.PlainDate(Number(year), 3 * Number(quarter) - 2, 1);
}

function quarterOf(day: Temporal.PlainDate): Temporal.PlainDate {
  return new Temporal.PlainDate(day.year, 3 * Math.ceil(day.month / 3) - 2, 1);
}

const startOf = (day: Temporal.PlainDate, timezone: string): string =>
  new Date(day.toZonedDateTime(timezone).epochMilliseconds).toISOString();
