import { z } from 'zod';
import type { ZoneFacts } from '../workflows/contract-checks.ts';

const instant = z.object({ backupId: z.string(), at: z.string() });
const unreadable = z.string().nullable();

const planCopies = z.object({
  plan: z.string(),
  source: z.string(),
  count: z.number(),
  bytes: z.number(),
  newest: z.string().nullable(),
  oldest: z.string().nullable(),
  proven: instant.nullable(),
  tested: instant.extend({ result: z.string() }).nullable(),
  classes: z.record(z.string(), z.number()).exactOptional(),
  bytesOfMonth: z.number().exactOptional(),
});

/** The facts that a zone packs for `health`. */
export const zoneFactsForm: z.ZodType<ZoneFacts> = z.object({
  zone: z.string(),
  repositories: z.array(
    z.object({
      repository: z.string(),
      unreadable,
      plans: z.array(planCopies),
      free: z.number().nullable(),
      size: z.number().nullable(),
      requests: z.number(),
    }),
  ),
  odd: z.array(
    z.object({
      plan: z.string(),
      repository: z.string(),
      backupId: z.string(),
      kind: z.enum(['size-changed', 'compression-fell']),
      sentence: z.string(),
    }),
  ),
  keys: z.array(
    z.object({
      key: z.string(),
      state: z.enum(['usable', 'unusable', 'unknown']),
      expires: z.string().nullable(),
      sentence: z.string(),
    }),
  ),
  fillings: z.array(z.object({ repository: z.string(), at: z.string().nullable(), unreadable })),
});
