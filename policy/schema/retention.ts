import { z } from 'zod';
import { named, span, strict } from './common.ts';

const weekday = z.enum(['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']);

const anchors = strict({
  weekly: weekday.optional().describe('The day whose backup is kept as the weekly one. Default sunday.'),
  monthly: z
    .int()
    .min(1)
    .max(28)
    .optional()
    .describe('The day of the month whose backup is kept as the monthly one, 1 to 28. Default 1.'),
  yearly: z
    .string()
    .refine(isYearlyDay, { error: 'this is no day of every year; write it as month-day, like 01-01' })
    .optional()
    .describe('The day (month-day) whose backup is kept as the yearly one. Default 01-01.'),
});

/** What is kept, and for how long; acting on it comes with a later version. */
export const retention = named(
  strict({
    hourly: span.optional().describe('How long every backup is kept, e.g. 48h.'),
    daily: span.optional().describe('How long one backup a day is kept, e.g. 30d.'),
    weekly: span.optional().describe('How long one backup a week is kept, e.g. 12w.'),
    monthly: span.optional().describe('How long one backup a month is kept, e.g. 12m (months).'),
    yearly: span.optional().describe('How long one backup a year is kept, e.g. 7y.'),
    anchors: anchors.optional().describe("Which day's backup stands for a week, a month and a year."),
  }).refine((tiers) => Object.keys(tiers).some((tier) => tier !== 'anchors'), {
    error: 'this retention keeps nothing; say at least one span, like daily: 30d',
  }),
).describe('How long backups are kept, by name: grandfather, father, son.');

function isYearlyDay(text: string): boolean {
  const [, month, day] = /^(\d\d)-(\d\d)$/.exec(text) ?? [];
  if (month === undefined || day === undefined) return false;
  const monthIndex = Number(month) - 1;
  // 2025 is not a leap year: a day that only some years have is none.
  const date = new Date(Date.UTC(2025, monthIndex, Number(day)));
  return date.getUTCMonth() === monthIndex && date.getUTCDate() === Number(day);
}
