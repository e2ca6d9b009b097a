import { HoldfastError } from '../policy/errors.ts';
import type { ResolvedRepository } from '../policy/resolved.ts';
import { requireTrueListing } from './catalogue.ts';
import { type BackupName, directoryOf, keyOf } from './layout.ts';
import { markerName } from './markers.ts';
import { isDeletingMarker, isManifest, removalSteps } from './removal-steps.ts';
import type { Removal, Store, StoredVersion } from './store.ts';

/** Locks asked for at once. */
const locksAtOnce = 8;

export type CopyRemovalOutcome = {
  /**
   * `locked` and `denied`: nothing was removed. `incomplete`: it has begun, and the same call goes on with it; the
   * manifest may be gone already.
   */
  outcome: 'removed' | 'locked' | 'denied' | 'incomplete';
  /** The latest day of its locks, where one has an end; ISO 8601, UTC. */
  lockedUntil?: string;
  /** Versions and delete markers that this call removed. */
  removed: number;
  sentences: string[];
};

/**
 * The repository as its copies are removed: with the credentials kept for that, where there are some, and without its
 * lock, since what is written for a removal has to go with it.
 */
export function withDeleteCredentials(repository: ResolvedRepository): ResolvedRepository {
  if (repository.kind !== 's3') return repository;
  const { lock: _lock, deleteCredentials, ...rest } = repository;
  return deleteCredentials === undefined ? rest : { ...rest, credentials: deleteCredentials };
}

/**
 * Removes one copy of a backup for good: every version and delete marker in its directory. Whether it may go (law 4) has
 * been decided before. A call that was killed at any point is finished by the next one.
 *
 * @param run eight hex digits of the run that removes it
 * @throws HoldfastError what the store throws; a listing that can't be trusted removes nothing
 */
export async function removeCopy(
  store: Store,
  backup: BackupName,
  run: string,
  signal?: AbortSignal,
): Promise<CopyRemovalOutcome> {
  // A crash here is safe: nothing has been touched.
  const versions = await versionsOf(store, backup, signal);
  if (versions.length === 0) return { outcome: 'removed', removed: 0, sentences: [] };
  const held = await holdsOn(store, versions, signal);
  // Before the first change: a backup of which a part is locked stays whole.
  if (held !== null) return hasBegun(versions) ? incomplete(held) : { ...held, removed: 0 };
  // A crash after this is safe: the manifest still makes it a whole backup, which the next call goes on to remove.
  await announce(store, backup, versions, run, signal);
  const done: Removal[] = [];
  for (const step of removalSteps(await versionsOf(store, backup, signal))) {
    // A crash between or within steps is safe: `removalSteps` says why for each.
    const removals = await store.removeVersions(step, signal);
    done.push(...removals);
    const left = removals.filter(({ outcome }) => outcome !== 'removed' && outcome !== 'gone');
    if (left.length > 0 && !onlyTombstones(left)) return stoppedAt(store, backup, done, left, signal);
  }
  return confirm(store, backup, done, signal);
}

/** Whether an earlier call has removed the manifest already. */
function hasBegun(versions: readonly StoredVersion[]): boolean {
  const keys = versions.filter(({ kind }) => kind === 'object').map(({ key }) => key);
  return keys.some(isDeletingMarker) && !keys.some(isManifest);
}

function incomplete(held: Omit<CopyRemovalOutcome, 'removed'>): CopyRemovalOutcome {
  const sentences = ['Its removal has begun and can not go on.', ...held.sentences];
  return { ...held, outcome: 'incomplete', removed: 0, sentences };
}

/** A bucket that locks everything by default locks the marker of the removal too, which then stays until its day. */
function onlyTombstones(left: readonly Removal[]): boolean {
  return left.every(({ key, outcome }) => outcome === 'locked' && isDeletingMarker(key));
}

/** @throws HoldfastError `service-unavailable` when it lists nothing where something must be */
async function versionsOf(store: Store, backup: BackupName, signal?: AbortSignal): Promise<StoredVersion[]> {
  const versions: StoredVersion[] = [];
  for await (const version of store.listVersions(directoryOf(backup), signal)) versions.push(version);
  if (versions.length === 0) await requireTrueListing(store, signal);
  return versions;
}

/** What forbids the removal; null when nothing does. Markers of a removal hold nothing. */
async function holdsOn(
  store: Store,
  versions: readonly StoredVersion[],
  signal?: AbortSignal,
): Promise<Omit<CopyRemovalOutcome, 'removed'> | null> {
  const asked = versions.filter(({ kind, key }) => kind === 'object' && !isDeletingMarker(key));
  const held: { key: string; until: Date | null }[] = [];
  for (let start = 0; start < asked.length; start += locksAtOnce) {
    const batch = asked.slice(start, start + locksAtOnce);
    const found = await Promise.all(batch.map((version) => holdOn(store, version, signal)));
    for (const hold of found) {
      if (hold === 'denied')
        return {
          outcome: 'denied',
          sentences: [
            `Repository ${store.name} does not say whether the copy is locked, so nothing was removed. Allow s3:GetObjectRetention and s3:GetObjectLegalHold to the credentials that delete.`,
          ],
        };
      if (hold !== null) held.push(hold);
    }
  }
  if (held.length === 0) return null;
  const endless = held.find(({ until }) => until === null);
  const latest = Math.max(...held.map(({ until }) => until?.getTime() ?? 0));
  const lockedUntil = latest === 0 ? undefined : new Date(latest).toISOString();
  const sentence =
    endless === undefined
      ? `The copy in ${store.name} is locked until ${lockedUntil}; nothing of it was removed.`
      : `The copy in ${store.name} is under a legal hold of the service (${endless.key}), which has no end; nothing of it was removed.`;
  return { outcome: 'locked', sentences: [sentence], ...(lockedUntil === undefined ? {} : { lockedUntil }) };
}

async function holdOn(
  store: Store,
  { key, versionId }: StoredVersion,
  signal?: AbortSignal,
): Promise<{ key: string; until: Date | null } | 'denied' | null> {
  try {
    const lock = await store.lockOf(key, signal, versionId ?? undefined);
    if (lock?.legalHold) return { key, until: null };
    return lock?.until != null && lock.until.getTime() > Date.now() ? { key, until: lock.until } : null;
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    // Gone since the listing: another removal is at work, and it has looked at the locks too.
    if (error.code === 'not-found') return null;
    if (error.code === 'access-denied') return 'denied';
    throw error;
  }
}

/** Marks the backup as one whose removal has begun; a removal that another run began is gone on with. */
async function announce(
  store: Store,
  backup: BackupName,
  versions: readonly StoredVersion[],
  run: string,
  signal?: AbortSignal,
): Promise<void> {
  if (versions.some(({ key, kind, latest }) => isDeletingMarker(key) && kind === 'object' && latest)) return;
  const marker = { kind: 'deleting', id: run } as const;
  const body = Buffer.from(`${JSON.stringify(marker, null, 2)}\n`);
  await store.putIfAbsent(keyOf(backup, markerName(marker)), body, signal);
}

/** Some versions would not go: what that makes of the removal. */
async function stoppedAt(
  store: Store,
  backup: BackupName,
  done: readonly Removal[],
  left: readonly Removal[],
  signal?: AbortSignal,
): Promise<CopyRemovalOutcome> {
  const removed = countRemoved(done);
  const sentences = left.map(({ key, sentence }) => sentence ?? `${key} is still there.`);
  const latest = Math.max(...left.map(({ lockedUntil }) => lockedUntil?.getTime() ?? 0));
  const lockedUntil = latest === 0 ? {} : { lockedUntil: new Date(latest).toISOString() };
  const refused = left.find(({ outcome }) => outcome === 'locked' || outcome === 'denied');
  if (removed > 0 || refused === undefined || !left.some(({ key }) => isManifest(key)))
    return { outcome: 'incomplete', removed, sentences, ...lockedUntil };
  await takeBack(store, backup, signal);
  return {
    outcome: refused.outcome === 'locked' ? 'locked' : 'denied',
    removed,
    sentences: [`Nothing of the copy in ${store.name} was removed.`, ...sentences],
    ...lockedUntil,
  };
}

/** The backup is whole and stays: its marker goes again, as far as it may. */
async function takeBack(store: Store, backup: BackupName, signal?: AbortSignal): Promise<void> {
  const versions = await versionsOf(store, backup, signal);
  const markers = versions.filter(({ key }) => isDeletingMarker(key));
  await store.removeVersions(markers, signal);
}

/** Looks that nothing is left. */
async function confirm(
  store: Store,
  backup: BackupName,
  done: readonly Removal[],
  signal?: AbortSignal,
): Promise<CopyRemovalOutcome> {
  const removed = countRemoved(done);
  const tombstones = done.filter(({ outcome }) => outcome === 'locked');
  const expected = new Set(tombstones.map(({ key }) => key));
  const unexpected = async () =>
    (await versionsOf(store, backup, signal)).filter(({ key }) => !expected.has(key));
  let left = await unexpected();
  if (left.length > 0 && left.every(({ key }) => isDeletingMarker(key))) {
    // Another removal announced itself when nothing was left to remove; it finds its marker gone, and is done.
    await store.removeVersions(left, signal);
    left = await unexpected();
  }
  if (left.length === 0)
    return {
      outcome: 'removed',
      removed,
      sentences: tombstones.flatMap(({ sentence }) => (sentence === undefined ? [] : [sentence])),
    };
  const names = left.map(({ key }) => key).join(', ');
  return { outcome: 'incomplete', removed, sentences: [`Repository ${store.name} still lists ${names}.`] };
}

function countRemoved(removals: readonly Removal[]): number {
  return removals.filter(({ outcome }) => outcome === 'removed').length;
}
