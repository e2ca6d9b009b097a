import { z } from 'zod';
import { directoryOf, keyOf, listBackups, markerName, parseMarker } from '../repository/index.ts';
import { jsonOf } from '../repository/marker.ts';
import type { Store } from '../repository/store.ts';
import type { ListTestsResult, MarkTestedInput, ToldTest } from '../workflows/contract-restore-test.ts';
import { withoutLock, withRepository } from './repositories.ts';
import type { ListTestsIn } from './restore-test-types.ts';
import type { Work } from './work.ts';

const body = z.object({
  plan: z.string(),
  report: z.object({ path: z.string(), sha256: z.string() }).nullable(),
});

/** Says beside a copy what its restore test came to, and where the report is. */
export async function markTested(work: Work, input: MarkTestedInput): Promise<void> {
  const { repository, backup, at, result, verdict, plan, workflowId, runId, report } = input;
  const told = { format: 'holdfast-tested/1', at, result, verdict, plan, workflowId, runId, report };
  await withRepository(withoutLock(repository), work.signal, (store) =>
    store.putIfAbsent(
      keyOf(backup, markerName({ kind: 'tested', at, result })),
      Buffer.from(`${JSON.stringify(told, null, 2)}\n`),
      work.signal,
    ),
  );
}

/**
 * Where the report of a backup's newest test is, as the marker beside this copy names it; null where none does.
 *
 * @throws what the store throws
 */
export async function newestReportOf(
  store: Store,
  { backupId, sources }: { backupId: string; sources: readonly string[] },
  signal: AbortSignal,
): Promise<string | null> {
  const keys: { at: string; key: string }[] = [];
  for (const source of sources) {
    const prefix = directoryOf({ source, backupId });
    for (const backup of await listBackups(store, { prefix }, signal))
      for (const file of backup.markers) {
        const marker = parseMarker(file);
        if (marker?.kind === 'tested') keys.push({ at: marker.at, key: keyOf(backup, file) });
      }
  }
  const newestFirst = keys.sort((a, b) => (a.at < b.at ? 1 : -1)).map(({ key }) => key);
  const texts = await store.getMany(newestFirst, signal);
  const reports = texts.flatMap((text) => (text ? (body.safeParse(jsonOf(text)).data?.report ?? []) : []));
  return reports[0]?.path ?? null;
}

/** The newest restore tests that markers in a repository tell of. Texts are read of those that are told alone. */
export async function listTests(
  work: Work,
  { repository, sources, plan, limit }: ListTestsIn,
): Promise<Pick<ListTestsResult, 'tests' | 'more'>> {
  return withRepository(repository, work.signal, async (store) => {
    const named: (Omit<ToldTest, 'plan' | 'report'> & { key: string })[] = [];
    for (const source of sources)
      for (const backup of await listBackups(store, { source }, work.signal))
        for (const file of backup.markers) {
          const marker = parseMarker(file);
          if (marker?.kind !== 'tested') continue;
          const { at, result } = marker;
          const { backupId } = backup;
          named.push({ repository: repository.name, source, backupId, at, result, key: keyOf(backup, file) });
        }
    named.sort((a, b) => (a.at < b.at ? 1 : -1));
    const tests: ToldTest[] = [];
    let next = 0;
    while (next < named.length && tests.length < limit) {
      const batch = named.slice(next, next + Math.max(limit - tests.length, 16));
      next += batch.length;
      tests.push(...(await readTests(store, batch, work)).filter((test) => !plan || test.plan === plan));
    }
    return { tests: tests.slice(0, limit), more: next < named.length || tests.length > limit };
  });
}

async function readTests(
  store: Store,
  named: readonly (Omit<ToldTest, 'plan' | 'report'> & { key: string })[],
  work: Work,
): Promise<ToldTest[]> {
  const keys = named.map(({ key }) => key);
  const texts = await store.getMany(keys, work.signal);
  return named.map(({ key: _key, ...test }, index) => {
    const text = texts[index];
    const told = text ? body.safeParse(jsonOf(text)).data : undefined;
    return { ...test, plan: told?.plan ?? null, report: told?.report ?? null };
  });
}
