import { Cron } from 'croner';
import { suggest } from './nearest.ts';

const fields = [
  { name: 'minute', form: '0 to 59', words: [] },
  { name: 'hour', form: '0 to 23', words: [] },
  { name: 'day of month', form: '1 to 31', words: [] },
  {
    name: 'month',
    form: '1 to 12 or JAN to DEC',
    words: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  {
    name: 'day of week',
    form: '0 to 7 or SUN to SAT',
    words: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'],
  },
];

/**
 * What is wrong with a cron expression, as `what; what to do`, or null. Five fields of the common form: what only some
 * crons know (seconds, `@daily`, L, W, #) is refused, since it would not run the same everywhere.
 */
export function faultInCron(text: string): string | null {
  const cron = text.trim();
  if (cron.startsWith('@'))
    return 'words such as @daily are not read here; write five fields, like 0 2 * * *';
  const parts = cron.split(/\s+/);
  if (cron === '' || parts.length !== 5) return fieldCountFault(cron === '' ? 0 : parts.length);
  const unusual = /[#?+]/.test(cron) || /[a-z]/i.test(cron);
  if (unusual || !parses(cron)) {
    for (const [index, field] of fields.entries()) {
      const fault = faultInField(parts[index] ?? '', index, field);
      if (fault !== null) return fault;
    }
  }
  return parts[2] === '*' || fires(cron) ? null : 'this schedule never fires; no such day exists in any year';
}

function fieldCountFault(count: number): string {
  const form = 'write five: minute, hour, day of month, month, day of week, like 0 2 * * *';
  if (count === 6) return `this schedule has six fields; seconds are not read here: ${form}`;
  return `this schedule has ${count} ${count === 1 ? 'field' : 'fields'}; ${form}`;
}

function faultInField(part: string, index: number, field: (typeof fields)[number]): string | null {
  const wrong = `the ${field.name} of this schedule can't be read`;
  const words = part.toLowerCase().match(/[a-z]+/g) ?? [];
  const unknown = words.find((word) => !field.words.includes(word));
  if (/[#?+]/.test(part) || (unknown !== undefined && /^[lw]+$/.test(unknown)))
    return `${wrong}; L, W, #, ? and + are not read here: write ${field.form}`;
  if (unknown !== undefined) return `${wrong}; ${suggest(unknown, field.words) ?? `write ${field.form}`}`;
  const alone = fields.map((_, other) => (other === index ? part : '*')).join(' ');
  return parses(alone) ? null : `${wrong}; write ${field.form}, also as 1-5, 1,3 or */15`;
}

function parses(cron: string): boolean {
  try {
    open(cron);
    return true;
  } catch {
    return false;
  }
}

function fires(cron: string): boolean {
  return open(cron).nextRun(reference) !== null;
}

/** Intervals are a property of the expression and not of today, so they are counted from a fixed day. */
const reference = new Date('2024-12-31T23:59:59Z');
const dayMinutes = 24 * 60;

function open(cron: string, stopAt?: Date): Cron {
  return new Cron(cron, { mode: '5-part', timezone: 'UTC', ...(stopAt === undefined ? {} : { stopAt }) });
}

/** The shortest and the longest time between two runs, in seconds; DST, which moves a run by an hour, left aside. */
export type CronIntervals = { shortest: number; longest: number };

/** A policy has few expressions and many plans, and working one out takes milliseconds. */
const workedOut = new Map<string, CronIntervals>();

/** Intervals of a valid cron expression. */
export function intervalsOf(cron: string): CronIntervals {
  const known = workedOut.get(cron);
  if (known !== undefined) return known;
  const intervals = workOut(cron);
  workedOut.set(cron, intervals);
  return intervals;
}

function workOut(cron: string): CronIntervals {
  const [minute = '*', hour = '*', ...days] = cron.trim().split(/\s+/);
  const minutes = minutesOfDay(`${minute} ${hour} * * *`);
  const first = minutes[0] ?? 0;
  const last = minutes.at(-1) ?? 0;
  const gaps = dayGaps(days.join(' ')).map((gap) => gap * dayMinutes + first - last);
  for (const [index, at] of minutes.entries()) {
    const previous = minutes[index - 1];
    if (previous !== undefined) gaps.push(at - previous);
  }
  let shortest = Number.POSITIVE_INFINITY;
  let longest = 0;
  for (const gap of gaps) {
    shortest = Math.min(shortest, gap);
    longest = Math.max(longest, gap);
  }
  return { shortest: shortest * 60, longest: longest * 60 };
}

function minutesOfDay(cron: string): number[] {
  const dayEnd = new Date(reference.getTime() + 24 * 3600 * 1000);
  return runs(cron, dayEnd, dayMinutes).map((run) => run.getUTCHours() * 60 + run.getUTCMinutes());
}

/** Days between runs, over eight years: 29 February comes twice in them. */
function dayGaps(days: string): number[] {
  if (days === '* * *') return [1];
  const years = 8;
  const end = new Date(Date.UTC(2025 + years, 0, 1));
  const numbers = runs(`0 0 ${days}`, end, years * 366).map((run) => Math.round(run.getTime() / 86_400_000));
  return numbers.flatMap((day, index) => {
    const previous = numbers[index - 1];
    return previous === undefined ? [] : [day - previous];
  });
}

function runs(cron: string, stopAt: Date, most: number): Date[] {
  return open(cron, stopAt).nextRuns(most, reference);
}
