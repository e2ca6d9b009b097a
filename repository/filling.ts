import { z } from 'zod';
import { jsonOf } from './marker.ts';
import { stampOf } from './markers.ts';
import type { Store } from './store.ts';

const filling = z.object({
  repository: z.string(),
  at: z.iso.datetime(),
  plans: z.array(
    z.object({
      plan: z.string(),
      newest: z.object({ backupId: z.string(), dataTime: z.iso.datetime() }).nullable(),
    }),
  ),
});

/** What an online repository remembers of the filling of an air-gapped one, whose disk lies in a safe. */
export type Filling = z.infer<typeof filling>;

const directoryOf = (repository: string): string => `_airgap/${repository}/`;

/** Writes down a filling, create-only. @throws what the store throws */
export async function recordFilling(store: Store, record: Filling, signal?: AbortSignal): Promise<void> {
  const key = `${directoryOf(record.repository)}${stampOf(record.at)}.json`;
  await store.putIfAbsent(key, Buffer.from(`${JSON.stringify(record, null, 2)}\n`), signal);
}

/** The newest filling of an air-gapped repository that a store knows of; null when there is none. */
export async function newestFilling(
  store: Store,
  repository: string,
  signal?: AbortSignal,
): Promise<Filling | null> {
  const newest = (await store.list(directoryOf(repository), signal)).at(-1);
  const body = newest === undefined ? null : await store.get(newest.key, signal);
  return body === null ? null : (filling.safeParse(jsonOf(body)).data ?? null);
}
