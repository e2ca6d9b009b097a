import { readFile } from 'node:fs/promises';
import { Temporal } from 'temporal-polyfill';
import { restoreDocumentOf } from '../../activities/copies.ts';
import type { ResolvedRepository } from '../../policy/resolved.ts';
import {
  keyOf,
  type Marker,
  manifestBytes,
  markerName,
  openStore,
  sign,
  startOf,
} from '../../repository/index.ts';
import { manifestName, restoreDocumentName, signatureName } from '../../repository/layout.ts';
import type { Store } from '../../repository/store.ts';
import type { Lab } from '../../tools/lab/lab.ts';
import { manifestFileBytes, manifestOf } from './manifests.ts';
import { upload } from './store-access.ts';

/** The zone of a lab's policy, in which retention counts days. */
const timezone = 'Europe/Amsterdam';

/**
 * An id of a backup that started so many days ago, at 02:00; at midnight while that is yet to come today, since nothing
 * expires by a clock that is behind a backup.
 */
export function idOfDay(daysAgo: number, now = Date.now()): string {
  const moment = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timezone);
  const day = moment.toPlainDate().subtract({ days: daysAgo });
  const at = day.toZonedDateTime({ timeZone: timezone, plainTime: moment.hour < 2 ? '00:00' : '02:00' });
  const started = at.toInstant().toString().replaceAll(/[-:]/g, '');
  return `${started}-${String(Math.abs(daysAgo)).padStart(8, '0')}`;
}

/** Ids of one backup a day, oldest first. */
export function idsOfDays(oldest: number, newest: number): string[] {
  return Array.from({ length: oldest - newest + 1 }, (_, index) => idOfDay(oldest - index));
}

/** Makes signed backups of a source in repositories, as runs of the past would have left them. */
export async function makePast(
  lab: Lab,
  repositories: readonly ResolvedRepository[],
  ids: readonly string[],
  { plan = 'kept', source = 'shop' } = {},
): Promise<void> {
  const signingKey = await readFile(lab.signing.privateFile, 'utf8');
  const signers = [{ name: 'fra', publicKey: await readFile(lab.signing.publicFile, 'utf8') }];
  const manifests = ids.map((backupId) => {
    const startedAt = startOf(backupId) ?? '';
    return manifestOf({ plan, source, backupId, startedAt, endedAt: startedAt, dataTime: startedAt });
  });
  const signatures = new Map<string, string>();
  for (const manifest of manifests)
    signatures.set(
      manifest.backupId,
      await sign(manifestBytes(manifest), signingKey, { directory: lab.directory }),
    );
  await withStores(repositories, async (store) => {
    for (const manifest of manifests) {
      for (const file of manifest.files) await upload(store, keyOf(manifest, file.name), manifestFileBytes);
      const small = {
        [restoreDocumentName]: restoreDocumentOf(manifest, signers),
        [signatureName]: signatures.get(manifest.backupId) ?? '',
        [manifestName]: manifestBytes(manifest),
      };
      for (const [name, body] of Object.entries(small))
        await store.putIfAbsent(keyOf(manifest, name), Buffer.from(body));
    }
  });
}

/** Puts a marker beside a backup. */
export async function mark(
  repositories: readonly ResolvedRepository[],
  backupId: string,
  marker: Marker,
  source = 'shop',
): Promise<void> {
  await withStores(repositories, async (store) => {
    await store.putIfAbsent(keyOf({ source, backupId }, markerName(marker)), Buffer.from('{}\n'));
  });
}

/** Does something in each repository, with the credentials of everyday work. */
export async function withStores(
  repositories: readonly ResolvedRepository[],
  work: (store: Store) => Promise<void>,
): Promise<void> {
  for (const repository of repositories) {
    const store = await openStore(repository);
    try {
      await work(store);
    } finally {
      store.close();
    }
  }
}

/** What a repository holds of a source's backups: the names of files by id. */
export async function pastIn(
  repository: ResolvedRepository,
  source = 'shop',
): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  await withStores([repository], async (store) => {
    for (const { key } of await store.list(`${source}/`)) {
      const [, , , , id = '', file = ''] = key.split('/');
      found.set(id, [...(found.get(id) ?? []), file]);
    }
  });
  return found;
}
