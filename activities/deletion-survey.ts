import { HoldfastError } from '../policy/errors.ts';
import type { ResolvedRepository, Signer } from '../policy/resolved.ts';
import { type BackupListing, directoryOf, listBackups, readManifest } from '../repository/index.ts';
import { manifestName, parseKey } from '../repository/layout.ts';
import { lastTestOf } from '../repository/markers.ts';
import { withDeleteCredentials } from '../repository/removal.ts';
import type { Store, StoredVersion } from '../repository/store.ts';
import type { RetainedBackup } from '../retention/index.ts';
import type { RepositorySurvey, SurveyedCopy, SurveyInput } from '../workflows/contract-deletion.ts';
import type { BackupRef } from '../workflows/contract-verify.ts';
import { reasonOf } from './reason.ts';
import { withRepository } from './repositories.ts';
import { readListing } from './retention-survey.ts';
import type { Work } from './work.ts';

const lockQuestionsAtOnce = 8;

/**
 * What each repository says of the backups that are to go, and of the newest verified one that would be left of each
 * of their sources. A repository that can't be read is named, and decides nothing (law 4).
 */
export async function surveyDeletion(work: Work, input: SurveyInput): Promise<RepositorySurvey[]> {
  const surveys: RepositorySurvey[] = [];
  for (const repository of input.repositories) surveys.push(await surveyOne(work, repository, input));
  return surveys;
}

async function surveyOne(
  work: Work,
  repository: ResolvedRepository,
  { backups, signers }: SurveyInput,
): Promise<RepositorySurvey> {
  const survey: RepositorySurvey = { repository: repository.name, newest: [], found: [] };
  try {
    await withBoth(repository, work.signal, async (store, deleting) => {
      for (const source of new Set(backups.map((backup) => backup.source))) {
        const going = backups.filter((backup) => backup.source === source);
        const listed = await listBackups(store, { source }, work.signal);
        const staying = listed.filter(
          (backup) => isWhole(backup) && !going.some(({ backupId }) => backupId === backup.backupId),
        );
        const newest = await newestVerified(store, staying, signers, work.signal);
        if (newest !== null) survey.newest.push({ source, backupId: newest });
        for (const backup of going) {
          const copy = await copyOf(deleting, backup, listed, staying, work.signal);
          if (copy !== null) survey.found.push(copy);
        }
      }
    });
    return survey;
  } catch (error) {
    if (work.signal.aborted) throw error;
    return { repository: repository.name, unreadable: reasonOf(error).sentence, newest: [], found: [] };
  }
}

/**
 * Opens a repository as it is read every day, and as it is removed from: those credentials are the ones that must be
 * able to see versions and locks.
 */
function withBoth(
  repository: ResolvedRepository,
  signal: AbortSignal,
  body: (store: Store, deleting: Store) => Promise<void>,
): Promise<void> {
  return withRepository(repository, signal, (store) =>
    withRepository(withDeleteCredentials(repository), signal, (deleting) => body(store, deleting)),
  );
}

/** What key names tell of a backup, as retention reads them; null for debris. */
const read = (listing: BackupListing): RetainedBackup | null => readListing(listing, '', false);

/** Whether it can be restored as far as names tell: a manifest, and no removal that has begun. */
const isWhole = (listing: BackupListing): boolean =>
  read(listing)?.copies.some(({ deleting }) => !deleting) === true;

/**
 * The newest backup that counts as verified: its manifest can be trusted, and no restore test of it has failed since
 * one passed.
 */
async function newestVerified(
  store: Store,
  staying: readonly BackupListing[],
  signers: readonly Signer[],
  signal: AbortSignal,
): Promise<string | null> {
  const newestFirst = [...staying].sort((a, b) => (a.backupId < b.backupId ? 1 : -1));
  for (const backup of newestFirst) {
    if (lastTestOf(backup.markers) === 'failed') continue;
    try {
      await readManifest(store, backup, signers, signal);
      return backup.backupId;
    } catch (error) {
      const faulty =
        error instanceof HoldfastError &&
        (error.code === 'untrusted-signature' || error.code === 'corrupt-copy');
      if (!faulty) throw error;
    }
  }
  return null;
}

/** What a repository holds of a backup that is to go; null when it holds nothing of it. */
async function copyOf(
  store: Store,
  backup: BackupRef,
  listed: readonly BackupListing[],
  staying: readonly BackupListing[],
  signal: AbortSignal,
): Promise<SurveyedCopy | null> {
  const listing = listed.find(({ backupId }) => backupId === backup.backupId);
  const versions: StoredVersion[] = [];
  for await (const version of store.listVersions(directoryOf(backup), signal)) versions.push(version);
  const hidden = versions.some(({ key }) => parseKey(key)?.file === manifestName);
  const said = listing === undefined ? null : read(listing);
  // Neither a manifest nor one that was hidden: a backup that is being made, or debris for a sweep.
  if (said === null && !hidden) return null;
  return {
    ...sizeOf(store.name, versions),
    backup: { source: backup.source, backupId: backup.backupId },
    whole: listing !== undefined && isWhole(listing),
    keptAs: longestPromise(said),
    ...holdersOf(said),
    neededBy: staying.flatMap((other) =>
      read(other)?.needs.includes(backup.backupId) ? [other.backupId] : [],
    ),
    ...(await locksOf(store, versions, signal)),
  };
}

/** Markers are left out: they come and go, and what was approved is the backup. */
function sizeOf(repository: string, versions: readonly StoredVersion[]) {
  const own = versions.filter(({ key }) => parseKey(key)?.kind !== 'marker');
  return {
    repository,
    files: new Set(own.map(({ key }) => key)).size,
    versions: own.length,
    bytes: own.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

function longestPromise(said: RetainedBackup | null): SurveyedCopy['keptAs'] {
  const promises = said?.copies.flatMap(({ promised }) => promised) ?? [];
  return promises.toSorted((a, b) => (a.until < b.until ? -1 : 1)).at(-1) ?? null;
}

/** Who holds a backup now: legal holds, and restores that may still read it. */
export function holdersOf(said: RetainedBackup | null): Pick<SurveyedCopy, 'holds' | 'readers'> {
  const until = said?.readingUntil ?? null;
  const isRead = until !== null && Date.parse(until) > Date.now();
  return { holds: said?.holds ?? [], readers: isRead ? [until] : [] };
}

/** The latest day of the locks of all versions, since that decides; a question that is denied is told. */
async function locksOf(
  store: Store,
  versions: readonly StoredVersion[],
  signal: AbortSignal,
): Promise<Pick<SurveyedCopy, 'lockedUntil' | 'lockUnknown' | 'legalHold'>> {
  const objects = versions.filter(({ kind }) => kind === 'object');
  let until = 0;
  let legalHold = false;
  try {
    for (let next = 0; next < objects.length; next += lockQuestionsAtOnce) {
      const batch = objects.slice(next, next + lockQuestionsAtOnce);
      const locks = await Promise.all(
        batch.map(({ key, versionId }) => store.lockOf(key, signal, versionId ?? undefined)),
      );
      for (const lock of locks) {
        until = Math.max(until, lock?.until?.getTime() ?? 0);
        legalHold ||= lock?.legalHold ?? false;
      }
    }
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.code !== 'access-denied') throw error;
    return { lockedUntil: null, lockUnknown: error.sentence, legalHold };
  }
  return { lockedUntil: until > Date.now() ? new Date(until).toISOString() : null, legalHold };
}
