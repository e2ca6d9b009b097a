import { z } from 'zod';
import { tiers } from '../policy/resolved.ts';
import { jsonOf } from './marker.ts';
import { stampOf } from './markers.ts';
import type { Store } from './store.ts';

const span = z.object({
  count: z.int().positive(),
  unit: z.enum(['hour', 'day', 'week', 'month', 'year']),
});

const rules = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('gfs'),
    keep: z.partialRecord(
      z.enum(tiers),
      z.union([z.object({ for: span }), z.object({ newest: z.int().positive() })]),
    ),
    anchors: z.object({
      weekly: z.int(),
      monthly: z.int(),
      yearly: z.object({ month: z.int(), day: z.int() }),
    }),
  }),
  z.object({ kind: z.literal('flat'), for: span }),
]);

const record = z.object({
  format: z.literal('holdfast-retention/1'),
  plan: z.string(),
  at: z.iso.datetime(),
  timezone: z.string(),
  rules,
  confirmedBy: z.string().nullable(),
  decision: z.string(),
  workflowId: z.string(),
  copies: z.record(z.string(), z.int().nonnegative()),
});

/** What a repository remembers of a run of retention. */
export type RetentionRecord = z.infer<typeof record>;

const folderOf = (plan: string): string => `_retention/${plan}/`;

/** Writes down a run, create-only: by which rules it ran, and how much there was. @throws what the store throws */
export async function recordRetention(
  store: Store,
  run: RetentionRecord,
  signal?: AbortSignal,
): Promise<void> {
  const key = `${folderOf(run.plan)}${stampOf(run.at)}.${run.decision.slice(0, 8)}.json`;
  await store.putIfAbsent(key, Buffer.from(`${JSON.stringify(record.parse(run), null, 2)}\n`), signal);
}

/** The newest run of a plan's retention that a store knows of; null when there is none that can be understood. */
export async function newestRetention(
  store: Store,
  plan: string,
  signal?: AbortSignal,
): Promise<RetentionRecord | null> {
  const newest = (await store.list(folderOf(plan), signal)).at(-1);
  const body = newest === undefined ? null : await store.get(newest.key, signal);
  return body === null ? null : (record.safeParse(jsonOf(body)).data ?? null);
}
