import { HoldfastError } from '../policy/errors.ts';

/** One field of a cron expression; `any` is a lone `*`. */
export type CronField = { values: readonly number[]; any: boolean };

export type Cron = {
  minute: CronField;
  hour: CronField;
  dayOfMonth: CronField;
  month: CronField;
  /** Sunday is 0. */
  dayOfWeek: CronField;
};

/** A moment as a clock on the wall shows it; months from 1, Sunday is 0. */
export type WallTime = {
  minute: number;
  hour: number;
  dayOfMonth: number;
  month: number;
  dayOfWeek: number;
};

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const days = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/**
 * Reads a cron expression of five fields: lists, ranges, steps over `*` or a range, names of months and days,
 * 0 and 7 for Sunday.
 *
 * @throws HoldfastError `bad-policy` when it is none.
 */
export function parseCron(text: string): Cron {
  const fields = text.trim().split(/\s+/);
  const [minute, hour, dayOfMonth, month, dayOfWeek] = fields;
  if (
    fields.length !== 5 ||
    minute === undefined ||
    hour === undefined ||
    dayOfMonth === undefined ||
    month === undefined ||
    dayOfWeek === undefined
  )
    throw notCron(text, `it has ${fields.length} fields`);
  const read = (field: string, first: number, last: number, names: string[] = []) =>
    readField(field, { first, last, names, cron: text });
  const week = read(dayOfWeek, 0, 7, days);
  return {
    minute: read(minute, 0, 59),
    hour: read(hour, 0, 23),
    dayOfMonth: read(dayOfMonth, 1, 31),
    month: read(month, 1, 12, months),
    dayOfWeek: { any: week.any, values: distinct(week.values.map((day) => day % 7)) },
  };
}

/**
 * Whether a cron expression names this minute. When both the day of the month and the day of the week are restricted,
 * either is enough: cron's own rule.
 */
export function cronMatches(cron: Cron, wall: WallTime): boolean {
  const ofMonth = cron.dayOfMonth.values.includes(wall.dayOfMonth);
  const ofWeek = cron.dayOfWeek.values.includes(wall.dayOfWeek);
  const day = isEitherDay(cron) ? ofMonth || ofWeek : ofMonth && ofWeek;
  return (
    day &&
    cron.minute.values.includes(wall.minute) &&
    cron.hour.values.includes(wall.hour) &&
    cron.month.values.includes(wall.month)
  );
}

/** Whether the day of the month and the day of the week are both restricted, so that either is enough. */
export function isEitherDay(cron: Cron): boolean {
  return !cron.dayOfMonth.any && !cron.dayOfWeek.any;
}

/** Whether the expression names one time of day, as against one that runs through the day. */
export function isOncePerDay(cron: Cron): boolean {
  return cron.minute.values.length === 1 && cron.hour.values.length === 1;
}

type FieldRules = { first: number; last: number; names: string[]; cron: string };

function readField(field: string, rules: FieldRules): CronField {
  const values = field.split(',').flatMap((part) => readPart(part, rules));
  return { any: field === '*', values: distinct(values) };
}

function readPart(part: string, rules: FieldRules): number[] {
  const match = /^(\*|([A-Za-z0-9]+)(?:-([A-Za-z0-9]+))?)(?:\/([0-9]+))?$/.exec(part);
  if (match === null) throw notCron(rules.cron, `"${part}" is not a number, range, list or step`);
  const [, whole, from, to, stepText] = match;
  const step = stepText === undefined ? 1 : Number(stepText);
  const start = whole === '*' ? rules.first : readValue(from ?? '', rules);
  const end = whole === '*' ? rules.last : to === undefined ? start : readValue(to, rules);
  if (start > end) throw notCron(rules.cron, `the range "${part}" goes backwards`);
  if (step < 1) throw notCron(rules.cron, `the step of "${part}" is not positive`);
  if (stepText !== undefined && whole !== '*' && to === undefined)
    throw notCron(rules.cron, `a step needs a range or *, as in "${part}" it has not`);
  return Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, index) => start + index * step);
}

function readValue(text: string, rules: FieldRules): number {
  const name = rules.names.indexOf(text.toUpperCase());
  const value =
    name >= 0 ? name + (rules.names === months ? 1 : 0) : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= rules.first && value <= rules.last))
    throw notCron(rules.cron, `"${text}" is not within ${rules.first} to ${rules.last}`);
  return value;
}

function distinct(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}

function notCron(text: string, why: string): HoldfastError {
  return new HoldfastError('bad-policy', `"${text}" is not a cron expression that Holdfast reads: ${why}.`, {
    hint: 'Write five fields: minute, hour, day of the month, month, day of the week, as in "0 2 * * *".',
  });
}
