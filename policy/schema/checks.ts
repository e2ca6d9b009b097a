import { z } from 'zod';
import { duration, reference, strict, unlessMissing } from './common.ts';
import { scheduleWith } from './schedule.ts';
import { pingBy } from './url.ts';

const percentForm = 'this is no percentage; write one like 50%';

/** A percentage; a fraction of 1 in the resolved policy. */
function percent(most: number) {
  return z
    .string(unlessMissing(percentForm))
    .regex(/^[1-9]\d{0,3}%$/, { error: percentForm })
    .transform((text, context) => {
      const number = Number(text.slice(0, -1));
      if (number <= most) return number / 100;
      context.addIssue(`this is too large; at most ${most}%`);
      return z.NEVER;
    });
}

const health = strict({
  schedule: scheduleWith({ deadline: '1h', catchup: '5m' })
    .prefault('*/5 * * * *')
    .describe('When it looks. Default "*/5 * * * *": every five minutes.'),
  sizeChange: percent(1000)
    .prefault('50%')
    .describe("How far a backup's size may be from the median of those before. Default 50%."),
  compressionFall: percent(99)
    .prefault('30%')
    .describe(
      'How far the compression may fall below the median: encrypted data, such as ransomware leaves, hardly compresses. Default 30%.',
    ),
  storage: percent(100)
    .prefault('80%')
    .describe('How full a repository that has an end may be. Default 80%.'),
  keyExpiry: duration(86_400)
    .prefault('30d')
    .describe('How long before its end an expiring key is told. Default 30d.'),
  testGrace: duration(0).prefault('2d').describe('How late a scheduled restore test may be. Default 2d.'),
  ping: pingBy('the worker of `checks.zone`')
    .optional()
    .describe(
      'A watcher outside, told of the start and the end of each look; it alerts when nobody looks any more.',
    ),
});

const count = (least: number) => z.int().min(least).max(20);

const copies = strict({
  schedule: scheduleWith({ deadline: '6h', catchup: '1d' })
    .prefault('0 6 * * 1')
    .describe('When it looks. Default "0 6 * * 1": Mondays at 06:00.'),
  copies: count(1).default(3).describe('How many copies there are to be, with production. Default 3.'),
  media: count(1).default(2).describe('On how many media. Default 2.'),
  offsite: count(0).default(1).describe("How many at another site than the source's. Default 1."),
  sample: count(0)
    .default(1)
    .describe(
      'How many of the newest copies of each plan in each repository are read and hashed. Default 1.',
    ),
});

/** What is looked at without being asked. */
export const checks = strict({
  zone: reference
    .optional()
    .describe(
      'Whose workers run the checks, keep the alerts and send notifications. Default: the first zone with a signingKey.',
    ),
  health: health.prefault({}).describe('Ages, sizes, space, keys, schedules and cost, every few minutes.'),
  copies: copies
    .prefault({})
    .describe('The 3-2-1 rule, every week: copies counted, reached, hashed, opened.'),
}).describe('What is looked at without being asked: health, and the copies by the 3-2-1 rule.');
