import { HoldfastError } from '../policy/errors.ts';
import type { ResolvedRepository, Tier } from '../policy/resolved.ts';
import {
  copyWhole,
  directoryOf,
  keyOf,
  markerName,
  openRepository,
  openStore,
  parseKey,
  readManifest,
} from '../repository/index.ts';
import type { Store, StoredObject } from '../repository/store.ts';
import { type Decided, endOfDay, type Promotion } from '../retention/index.ts';
import type { DeedInput, PromotionResult } from '../workflows/contract-retention.ts';
import { withRepository } from './repositories.ts';
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
export async function promoteBackups(work: Work, input: DeedInput): Promise<PromotionResult> {
  const { repository, plan } = input;
  const decision = decisionToCarryOut(input);
  const result: PromotionResult = { repository: repository.name, promoted: 0, exceptions: [] };
  const promoted = decision.backups.flatMap((decided) => {
    const here = decided.promotions.filter(({ repositories }) => repositories.includes(repository.name));
    return here.length === 0 ? [] : [{ decided, here }];
  });
  await withRepository(repository, work.signal, async (store) => {
    for (const { decided, here } of promoted) {
      work.signal.throwIfAborted();
      try {
        const known = decision.byId.get(decided.backupId)?.copies ?? [];
        if (!known.some((copy) => copy.repository === repository.name))
          await copyIntoArchive(
            work,
            input,
            store,
            decided.backupId,
            known.map((copy) => copy.repository),
          );
        await promoteOne(work, input, store, decided, here);
        result.promoted += 1;
      } catch (error) {
        if (work.signal.aborted || !(error instanceof HoldfastError)) throw error;
        // A repository that is gone fails as a whole.
        await openRepository(store, work.signal);
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

/** From the nearest copy that this worker can be expected to reach: one of its zone, else one in a bucket. */
async function copyIntoArchive(
  work: Work,
  { plan, repository }: DeedInput,
  target: Store,
  backupId: string,
  holders: readonly string[],
): Promise<void> {
  const reachable = placesWithCopies(plan.copies, repository, holders);
  const faults: string[] = [];
  for (const place of reachable) {
    const from = await openStore(place);
    try {
      await openRepository(from, work.signal);
      const backup = { source: plan.source.name, backupId };
      const { manifest } = await readManifest(from, backup, plan.signers, work.signal);
      await copyWhole(
        {
          target,
          signers: plan.signers,
          signal: work.signal,
          onProgress: (phase, progress) => work.report({ phase, ...progress }),
        },
        from,
        manifest,
      );
      return;
    } catch (error) {
      if (work.signal.aborted || !(error instanceof HoldfastError)) throw error;
      faults.push(`From ${place.name}: ${error.sentence}`);
    } finally {
      from.close();
    }
  }
  if (reachable.length === 0)
    faults.push(`No copy can be reached from zone ${repository.zone}, where the archive is.`);
  throw new HoldfastError('unreachable', `It could not be copied there. ${faults.join(' ')}`);
}

function placesWithCopies(
  copies: readonly ResolvedRepository[],
  { zone }: ResolvedRepository,
  holders: readonly string[],
): ResolvedRepository[] {
  return copies
    .filter(({ name }) => holders.includes(name))
    .filter((copy) => copy.zone === zone || copy.kind === 's3')
    .sort((a, b) => Number(b.zone === zone) - Number(a.zone === zone));
}

async function promoteOne(
  work: Work,
  { plan, repository, hash }: DeedInput,
  store: Store,
  { backupId, tiers }: Decided,
  promotions: readonly Promotion[],
): Promise<void> {
  const backup = { source: plan.source.name, backupId };
  const objects: StoredObject[] = [];
  for await (const object of store.list(directoryOf(backup), work.signal)) objects.push(object);
  const latest =
    promotions
      .map(({ until }) => until)
      .sort()
      .at(-1) ?? '';
  const storageClass = storageClassOf(
    plan,
    repository,
    tiers.map(({ tier }) => tier),
  );
  await lockAll(store, repository, objects, new Date(endOfDay(latest, plan.timezone)), work.signal);
  if (storageClass !== undefined) await moveData(store, objects, storageClass, work.signal);
  for (const { tier, until, period } of promotions) {
    const body = { tier, until, period, plan: plan.name, decision: hash };
    const key = keyOf(backup, markerName({ kind: 'keep', tier, until }));
    await store.putIfAbsent(key, Buffer.from(`${JSON.stringify(body, null, 2)}\n`), work.signal);
  }
}

async function lockAll(
  store: Store,
  repository: ResolvedRepository,
  objects: readonly StoredObject[],
  until: Date,
  signal: AbortSignal,
): Promise<void> {
  if (repository.kind !== 's3' || repository.lock === undefined) return;
  for (const { key } of objects) {
    if ((await store.extendLock(key, until, signal)) !== 'unsupported') continue;
    throw new HoldfastError(
      'bad-policy',
      `${store.name} holds no object lock, although the policy says so.`,
      {
        hint: 'Turn it on for the bucket, or take `lock` out of the repository.',
      },
    );
  }
}

/** The class of the longest tier that a backup is kept as, where the tier has one and this is its place. */
function storageClassOf(
  { retention }: DeedInput['plan'],
  { name, kind }: ResolvedRepository,
  tiers: readonly (Tier | 'flat')[],
): string | undefined {
  if (kind !== 's3') return undefined;
  return tiers
    .flatMap((tier) => {
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
