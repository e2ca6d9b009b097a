import { HoldfastError } from '../policy/errors.ts';
import type { ResolvedRepository } from '../policy/resolved.ts';
import { directoryOf, keyOf, markerName, openRepository, openStore, parseKey } from '../repository/index.ts';
import type { Store, StoredObject } from '../repository/store.ts';
import { type Decided, endOfDay, type Promotion } from '../retention/index.ts';
import type { PromotionInput, PromotionResult } from '../workflows/contract-retention.ts';
import { withoutLock, withRepository } from './repositories.ts';
import { copyIntoArchive } from './retention-archive.ts';
import { decisionToCarryOut } from './retention-weigh.ts';
import type { Work } from './work.ts';

const shownFaults = 50;

/**
 * Promotes what is to be promoted in one repository: an archive first gets the copy and reads it back; then the lock is
 * made longer, the data moved to the tier's storage class, and last the marker put that says so. Each step that was
 * done before is found done, so that another attempt, or another run, goes on where this one ended. A backup that can't
 * be promoted is told, and the others go on.
 *
 * @throws HoldfastError `mismatch`, and what says that the repository as a whole can't be worked with
 */
export async function promoteBackups(work: Work, input: PromotionInput): Promise<PromotionResult> {
  const { repository, plan } = input;
  const decision = decisionToCarryOut(input);
  const result: PromotionResult = { repository: repository.name, promoted: 0, exceptions: [] };
  const promoted = decision.backups.flatMap((decided) => {
    const here = decided.promotions.filter(({ repositories }) => repositories.includes(repository.name));
    return here.length === 0 ? [] : [{ decided, here }];
  });
  await inPlace(repository, work.signal, async (place) => {
    for (const { decided, here } of promoted) {
      work.signal.throwIfAborted();
      try {
        const copies = decision.byId.get(decided.backupId)?.copies ?? [];
        const holders = copies.map((copy) => copy.repository);
        if (!holders.includes(repository.name))
          await copyIntoArchive(work, input, place.store, decided.backupId, holders);
        await promoteOne(work, input, place, decided, here);
        result.promoted += 1;
      } catch (error) {
        if (work.signal.aborted || !(error instanceof HoldfastError)) throw error;
        // A repository that is gone fails as a whole.
        await openRepository(place.store, work.signal);
        if (result.exceptions.length < shownFaults)
          result.exceptions.push(
            `${decided.backupId} was not promoted in ${repository.name}: ${error.sentence}`,
          );
      }
    }
  });
  work.log('info', `Promoted ${result.promoted} backups of ${plan.name} in ${repository.name}`);
  return result;
}

/** A repository, and the same without its lock: a marker is locked as long as its tier lasts, and not longer. */
type Place = { repository: ResolvedRepository; store: Store; markers: Store };

async function inPlace(
  repository: ResolvedRepository,
  signal: AbortSignal,
  body: (place: Place) => Promise<void>,
): Promise<void> {
  const markers = await openStore(withoutLock(repository));
  try {
    await withRepository(repository, signal, (store) => body({ repository, store, markers }));
  } finally {
    markers.close();
  }
}

async function promoteOne(
  work: Work,
  { plan, hash }: PromotionInput,
  place: Place,
  { backupId, tiers }: Decided,
  promotions: readonly Promotion[],
): Promise<void> {
  const backup = { source: plan.source.name, backupId };
  const { store, markers, repository } = place;
  const objects = await store.list(directoryOf(backup), work.signal);
  const lockUntil = (days: string[]) => new Date(endOfDay(days.sort().at(-1) ?? '', plan.timezone));
  for (const { key } of objects)
    await lock(place, key, lockUntil(promotions.map(({ until }) => until)), work.signal);
  const storageClass = storageClassOf(plan, repository, tiers);
  if (storageClass !== undefined) await moveData(store, objects, storageClass, work.signal);
  for (const { tier, until, period } of promotions) {
    const body = { tier, until, period, plan: plan.name, decision: hash };
    const key = keyOf(backup, markerName({ kind: 'keep', tier, until }));
    await markers.putIfAbsent(key, Buffer.from(`${JSON.stringify(body, null, 2)}\n`), work.signal);
    await lock(place, key, lockUntil([until]), work.signal);
  }
}

async function lock(
  { store, repository }: Place,
  key: string,
  until: Date,
  signal: AbortSignal,
): Promise<void> {
  if (repository.kind !== 's3' || repository.lock === undefined) return;
  if ((await store.extendLock(key, until, signal)) !== 'unsupported') return;
  throw new HoldfastError('bad-policy', `${store.name} holds no object lock, although the policy says so.`, {
    hint: 'Turn it on for the bucket, or take `lock` out of the repository.',
  });
}

/** The class of the longest tier that a backup is kept as, where the tier has one and this is its place. */
function storageClassOf(
  { retention }: PromotionInput['plan'],
  { name, kind }: ResolvedRepository,
  tiers: Decided['tiers'],
): string | undefined {
  if (kind !== 's3') return undefined;
  return tiers
    .flatMap(({ tier }) => {
      const place = tier === 'flat' ? undefined : retention?.storage[tier];
      const here = place?.repository === undefined || place.repository.name === name;
      return here && place?.storageClass !== undefined ? [place.storageClass] : [];
    })
    .at(-1);
}

/** Only what is large moves: manifest and markers are read by everybody, always. */
async function moveData(
  store: Store,
  objects: readonly StoredObject[],
  storageClass: string,
  signal: AbortSignal,
): Promise<void> {
  for (const { key, bytes } of objects) {
    if (parseKey(key)?.kind !== 'data') continue;
    if ((await store.setStorageClass(key, storageClass, signal)) === 'unsupported')
      throw new HoldfastError('bad-policy', `${store.name} has no storage class ${storageClass}.`, {
        hint: 'Take `storage` out of the retention, or use a repository whose service has it.',
      });
    const found = await store.head(key, signal);
    if (found?.bytes !== bytes)
      throw new HoldfastError(
        'corrupt-copy',
        `${store.name}: ${key} has ${found?.bytes ?? 'no'} bytes after it was moved, and had ${bytes}.`,
      );
  }
}
