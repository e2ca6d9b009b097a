/**
 * Days on the calendar of a time zone, as instants. Pure; with `Intl` and a zone that is named, which is the same in the
 * sandbox of workflows as outside.
 */

const day = 86_400_000;
const form = /^(\d{4})-(\d{2})-(\d{2})$/;

const formats = new Map<string, Intl.DateTimeFormat>();

/** The date in a zone at an instant, as YYYY-MM-DD. @throws RangeError for a zone that there is not */
export function dateIn(timezone: string, at: number): string {
  const known =
    formats.get(timezone) ??
    new Intl.DateTimeFormat('en-US', {
      ...{ timeZone: timezone, calendar: 'gregory', numberingSystem: 'latn' },
      ...{ year: 'numeric', month: '2-digit', day: '2-digit' },
    });
  formats.set(timezone, known);
  const parts = new Map(known.formatToParts(new Date(at)).map(({ type, value }) => [type, value]));
  return `${parts.get('year')?.padStart(4, '0')}-${parts.get('month')}-${parts.get('day')}`;
}

/** Whether a text is a day that there is: YYYY-MM-DD. */
export function isDay(text: string): boolean {
  if (!form.test(text)) return false;
  const at = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}

/** The day so many days after another. */
export const dayAfter = (text: string, days: number): string =>
  new Date(Date.parse(`${text}T00:00:00Z`) + days * day).toISOString().slice(0, 10);

/**
 * The first instant at which a zone's calendar shows this day or a later one, in milliseconds, to the second; also where
 * its clocks skip midnight, or the whole day.
 */
export function startOfDay(timezone: string, text: string): number {
  // No zone is farther from UTC than 15 hours.
  let before = Date.parse(`${text}T00:00:00Z`) - day;
  let from = before + 2 * day;
  while (from - before > 1000) {
    const middle = before + Math.floor((from - before) / 2000) * 1000;
    if (dateIn(timezone, middle) >= text) from = middle;
    else before = middle;
  }
  return from;
}

/** When a day is over. */
export const endOfDay = (timezone: string, text: string): number => startOfDay(timezone, dayAfter(text, 1));

/** Somebody is reminded on the day before, when people are at work. */
const morning = 9 * 3_600_000;
export const reminderFor = (timezone: string, due: string): number =>
  startOfDay(timezone, dayAfter(due, -1)) + morning;
