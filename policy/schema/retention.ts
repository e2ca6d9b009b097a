import { z } from 'zod';
import { type Keep, tiers } from '../resolved.ts';
import { parseSpan } from '../units.ts';
import { named, reference, span, strict, unlessMissing } from './common.ts';
import { storageClass } from './repositories.ts';
import { schedule } from './schedule.ts';

const weekday = z.enum(['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']);

const anchors = strict({
  weekly: weekday
    .optional()
    .describe(
      'The day that weeks start on: its backup, else the next good one, is the weekly one. Default sunday.',
    ),
  monthly: z
    .int()
    .min(1)
    .max(28)
    .optional()
    .describe(
      'The day of the month, 1 to 28, whose backup, else the next good one, is the monthly one. Default 1.',
    ),
  yearly: z
    .string()
    .refine(isYearlyDay, { error: 'this is no day of every year; write it as month-day, like 01-01' })
    .optional()
    .describe('The day (month-day) whose backup, else the next good one, is the yearly one. Default 01-01.'),
});

const keepForm =
  'this does not say how long to keep; write a span like 48h, 30d, 12w, 12m (months) or 7y, or keep 24 for the newest 24';

const keep = z
  .string(unlessMissing(keepForm))
  .regex(/^([1-9]\d{0,4}[hdwmy]|keep [1-9]\d{0,4})$/, { error: keepForm })
  .transform((text, context): Keep => {
    if (text.startsWith('keep ')) return { newest: Number(text.slice('keep '.length)) };
    const parsed = parseSpan(text);
    if (parsed !== null) return { for: parsed };
    context.addIssue(keepForm);
    return z.NEVER;
  });

const place = strict({
  storageClass: storageClass
    .optional()
    .describe('Storage class that the promoted copies move to, e.g. STANDARD_IA.'),
  repository: reference
    .optional()
    .describe('Repository that a promoted backup is copied into as well, one of `repositories`.'),
}).refine((written) => Object.keys(written).length > 0, {
  error: 'this moves nothing; say storageClass, repository or both',
});

const storage = strict({
  daily: place.optional().describe('Where backups go that are promoted to daily ones.'),
  weekly: place.optional().describe('Where backups go that are promoted to weekly ones.'),
  monthly: place.optional().describe('Where backups go that are promoted to monthly ones.'),
  yearly: place.optional().describe('Where backups go that are promoted to yearly ones.'),
});

const rules = strict({
  hourly: keep.optional().describe('How long one backup an hour is kept, e.g. 48h or keep 48.'),
  daily: keep.optional().describe('How long one backup a day is kept, e.g. 30d.'),
  weekly: keep.optional().describe('How long one backup a week is kept, e.g. 12w or keep 24.'),
  monthly: keep.optional().describe('How long one backup a month is kept, e.g. 12m (months).'),
  yearly: keep.optional().describe('How long one backup a year is kept, e.g. 7y.'),
  flat: span
    .optional()
    .describe('Keeps every backup for the same time, e.g. 1y; instead of tiers, anchors and storage.'),
  anchors: anchors.optional().describe("Which day's backup stands for a week, a month and a year."),
  schedule: schedule
    .prefault('0 3 * * 0')
    .describe('When backups are promoted and expired. Default "0 3 * * 0": Sundays at 03:00.'),
  storage: storage.optional().describe('Where promoted backups go, by tier. Default: they stay.'),
});

/** What is kept, for how long and where. */
export const retention = named(rules.superRefine(checkRules)).describe(
  'How long backups are kept, by name: grandfather, father, son, or all for the same time.',
);

/** `flat` stands alone, some tier is kept, and only what is kept has a place. */
function checkRules(written: z.output<typeof rules>, context: z.core.$RefinementCtx): void {
  const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
  if (written.flat !== undefined) {
    const excluded = ([...tiers, 'anchors', 'storage'] as const).filter((key) => written[key] !== undefined);
    for (const key of excluded)
      refuse(
        [key],
        '`flat` keeps every backup for the same time, so this has no meaning; remove one of them',
      );
    return;
  }
  if (tiers.every((tier) => written[tier] === undefined)) {
    refuse([], 'this retention keeps nothing; say at least one span, like daily: 30d, or flat: 1y for all');
    return;
  }
  for (const tier of tiers)
    if (tier !== 'hourly' && written.storage?.[tier] !== undefined && written[tier] === undefined)
      refuse(['storage', tier], `this retention keeps no ${tier} backups; say for how long, or remove this`);
}

function isYearlyDay(text: string): boolean {
  const [, month, day] = /^(\d\d)-(\d\d)$/.exec(text) ?? [];
  if (month === undefined || day === undefined) return false;
  const monthIndex = Number(month) - 1;
  // 2025 is not a leap year: a day that only some years have is none.
  const date = new Date(Date.UTC(2025, monthIndex, Number(day)));
  return date.getUTCMonth() === monthIndex && date.getUTCDate() === Number(day);
}
