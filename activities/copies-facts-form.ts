import { z } from 'zod';
import type { CopiesFacts } from '../workflows/contract-checks.ts';

const unreadable = z.string().nullable();
const verdict = z.object({ outcome: z.enum(['yes', 'no', 'not-checked']), sentence: z.string() });

/** The facts that a zone packs for the check on copies. */
export const copiesFactsForm: z.ZodType<CopiesFacts> = z.object({
  zone: z.string(),
  repositories: z.array(z.object({ repository: z.string(), unreadable })),
  newest: z.array(
    z.object({
      plan: z.string(),
      source: z.string(),
      repository: z.string(),
      backups: z.array(z.string()),
      encrypted: verdict,
      locked: verdict,
    }),
  ),
  fillings: z.array(
    z.object({
      repository: z.string(),
      at: z.string().nullable(),
      unreadable,
      plans: z.array(z.string()),
    }),
  ),
});
