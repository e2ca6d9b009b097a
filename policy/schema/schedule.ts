import { z } from 'zod';
import { faultInCron } from '../cron.ts';
import { duration, strict, unlessMissing } from './common.ts';

const cron = z.string().superRefine((text, context) => {
  const fault = faultInCron(text);
  if (fault !== null) context.addIssue(fault);
});

/** When something runs, a cron expression alone or with its settings, with these defaults. */
export function scheduleWith(defaults: { deadline: string; catchup: string }) {
  const timing = {
    jitter: duration(0, 86_400)
      .prefault('0s')
      .describe('Starts up to so much later, by chance, so that plans spread. Default 0s.'),
    deadline: duration(60, 30 * 86_400)
      .prefault(defaults.deadline)
      .describe(`A run that takes longer is ended and reported. Default ${defaults.deadline}.`),
    catchup: duration(60, 365 * 86_400)
      .prefault(defaults.catchup)
      .describe(
        `A run missed while Temporal was down is still started within this time. Default ${defaults.catchup}.`,
      ),
    paused: z.boolean().default(false).describe('Starts no runs while true.'),
  };
  const settings = strict({
    cron: cron.describe(
      "Five fields: minute, hour, day of month, month, day of week; in the policy's time zone.",
    ),
    ...timing,
  });
  const defaultTiming = strict(timing).parse({});
  return z
    .union(
      [cron.transform((text) => ({ cron: text, ...defaultTiming })), settings],
      unlessMissing('this is no schedule; write "0 2 * * *" or { cron: "0 2 * * *", deadline: 2h }'),
    )
    .describe('When it runs: a cron expression, or one with its settings.');
}

/** When something runs that may take hours. */
export const schedule = scheduleWith({ deadline: '6h', catchup: '1h' });
