import { z } from 'zod';
import { day, strict } from './common.ts';

const amountForm = 'this is no price; write a number like 0.023';

const amount = z.number({ error: (issue) => (issue.input === undefined ? undefined : amountForm) }).min(0);

/** What storage costs. */
export const prices = strict({
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, { error: 'this is no currency; write its three letters, like EUR' })
    .default('USD')
    .describe('Three letters. The list prices that come with Holdfast count only in USD. Default USD.'),
  asOf: day.optional().describe('The day on which these prices were true; needed beside `perGiB`.'),
  perGiB: z
    .record(
      z.string().regex(/^([a-z0-9][a-z0-9-]{0,62}|[A-Z0-9_]{1,64})$/, {
        error: 'this is neither a repository nor a storage class; write its name, or one like STANDARD_IA',
      }),
      amount,
    )
    .default({})
    .describe(
      "Price of 1 GiB for a month, by repository or storage class; the repository's counts first. Default: Amazon's list prices.",
    ),
  budget: amount.optional().describe('For a month; more than this alerts. Default: none.'),
})
  .superRefine(({ asOf, perGiB }, context) => {
    if (asOf === undefined && Object.keys(perGiB).length > 0)
      context.addIssue({
        code: 'custom',
        path: ['perGiB'],
        message: 'nobody could tell how old these prices are; add asOf: with the day on which they were true',
      });
  })
  .describe('What storage costs, for `status`, reports and the budget.');
