import { type ErrorCode, HoldfastError } from '../policy/errors.ts';
import { manifestOf } from '../repository/catalogue.ts';
import { type BackupListing, keyOf, listBackups, newestRetention, parseMarker } from '../repository/index.ts';
import { manifestName } from '../repository/layout.ts';
import { lastTestOf } from '../repository/markers.ts';
import type { Store } from '../repository/store.ts';
import type { RetainedBackup, RetainedCopy } from '../retention/index.ts';
import type { RetainedPlan, SurveyInput, SurveyResult } from '../workflows/contract-retention.ts';
import { withRepository } from './repositories.ts';
import { packSurvey, type Survey, unpackSurvey } from './retention-pack.ts';
import type { Work } from './work.ts';

const readersAtOnce = 8;

/** Faults of a repository that is in its safe: no marker at its mount point, no mount point, no service. */
const awayCodes: ReadonlySet<ErrorCode> = new Set(['not-a-repository', 'not-found', 'unreachable']);

/**
 * Adds what a repository lists of a plan's source to what others list. Reads nothing but names, unless several plans
 * share the source. An air-gapped repository that nobody has attached is passed over.
 *
 * @throws HoldfastError what the store throws: a listing that can't be completed decides nothing (law 4)
 */
export async function surveyRepository(work: Work, input: SurveyInput): Promise<SurveyResult> {
  const { plan, repository } = input;
  const before = input.survey === null ? { repositories: [], backups: [] } : unpackSurvey(input.survey);
  try {
    return await withRepository(repository, work.signal, async (store) => {
      const listed = await ownBackups(store, plan, work.signal);
      const airgapped = repository.manual !== undefined;
      const survey = joined(before, repository.name, listed, airgapped);
      return {
        survey: packSurvey(survey),
        copies: survey.backups.filter(({ copies }) =>
          copies.some((copy) => copy.repository === repository.name && !copy.deleting),
        ).length,
        last: await newestRetention(store, plan.name, work.signal),
        warnings: [],
      };
    });
  } catch (error) {
    const inSafe = error instanceof HoldfastError && awayCodes.has(error.code);
    if (repository.manual === undefined || !inSafe || work.signal.aborted) throw error;
    const sentence = `${repository.name} is not attached: what has expired there goes when it is filled the next time.`;
    return { survey: packSurvey(before), copies: null, last: null, warnings: [sentence] };
  }
}

/** The plan's backups of a repository: all of the source's, unless other plans have theirs in the same place. */
async function ownBackups(store: Store, plan: RetainedPlan, signal: AbortSignal): Promise<BackupListing[]> {
  const listed = await listBackups(store, { source: plan.source.name }, signal);
  if (plan.siblings === undefined || plan.siblings.length === 0) return listed;
  const siblings = new Set(plan.siblings);
  const own: BackupListing[] = [];
  for (let at = 0; at < listed.length; at += readersAtOnce) {
    const batch = listed.slice(at, at + readersAtOnce);
    const plans = await Promise.all(batch.map((backup) => planOf(store, backup, signal)));
    own.push(...batch.filter((_, index) => isOurs(plans[index] ?? null, siblings)));
  }
  return own;
}

/** What can't be told apart is nobody's: a removal that has begun, a manifest that can't be understood. */
function isOurs(plan: string | null, siblings: ReadonlySet<string>): boolean {
  return plan !== null && !siblings.has(plan);
}

async function planOf(store: Store, backup: BackupListing, signal: AbortSignal): Promise<string | null> {
  if (!backup.committed) return null;
  const bytes = await store.get(keyOf(backup, manifestName), signal);
  return bytes === null ? null : (manifestOf(bytes)?.plan ?? null);
}

/** A survey with the copies of one more repository. */
function joined(
  before: Survey,
  repository: string,
  listed: readonly BackupListing[],
  airgapped: boolean,
): Survey {
  const backups = new Map(before.backups.map((backup) => [backup.backupId, backup]));
  for (const listing of listed) {
    const found = readListing(listing, repository, airgapped);
    if (found === null) continue;
    const known = backups.get(found.backupId);
    backups.set(found.backupId, known === undefined ? found : merged(known, found));
  }
  return { repositories: [...before.repositories, repository], backups: [...backups.values()] };
}

/**
 * What key names tell of a backup; null for debris, which is for a sweep, and for the locked marker that may outlast a
 * removal.
 */
export function readListing(
  { backupId, startedAt, committed, bytes, markers, files }: BackupListing,
  repository: string,
  airgapped: boolean,
): RetainedBackup | null {
  const read = markers.flatMap((name) => parseMarker(name) ?? []);
  const removals = read.filter(({ kind }) => kind === 'deleting').length;
  const deleting = removals > 0;
  if (!committed && (!deleting || files.length === removals)) return null;
  const copy: RetainedCopy = {
    repository,
    bytes,
    deleting,
    lockedUntil: null,
    promised: read.flatMap((marker) =>
      marker.kind === 'keep' ? [{ tier: marker.tier, until: marker.until }] : [],
    ),
    ...untouchableBy(markers, airgapped),
  };
  return { backupId, startedAt, copies: [copy], ...heldBy(read) };
}

function untouchableBy(markers: readonly string[], airgapped: boolean): Pick<RetainedCopy, 'untouchable'> {
  if (airgapped) return { untouchable: 'air-gapped' };
  return lastTestOf(markers) === 'failed' ? { untouchable: 'disproven' } : {};
}

function heldBy(
  markers: ReturnType<typeof parseMarker>[],
): Omit<RetainedBackup, 'backupId' | 'startedAt' | 'copies'> {
  const idsOf = (kind: 'unhold' | 'read') =>
    new Set(markers.flatMap((marker) => (marker?.kind === kind ? [marker.id] : [])));
  const [released, read] = [idsOf('unhold'), idsOf('read')];
  const readings = markers.flatMap((marker) =>
    marker?.kind === 'reading' && !read.has(marker.id) ? [marker.until] : [],
  );
  return {
    holds: markers.flatMap((marker) =>
      marker?.kind === 'hold' && !released.has(marker.id) ? [marker.id] : [],
    ),
    readingUntil: readings.sort().at(-1) ?? null,
    needs: markers.flatMap((marker) => (marker?.kind === 'needs' ? [marker.backupId] : [])),
  };
}

/** What holds one copy holds the backup. */
function merged(known: RetainedBackup, found: RetainedBackup): RetainedBackup {
  const readings = [known.readingUntil, found.readingUntil].filter((until) => until !== null);
  return {
    ...known,
    copies: [...known.copies, ...found.copies],
    holds: [...new Set([...known.holds, ...found.holds])],
    readingUntil: readings.sort().at(-1) ?? null,
    needs: [...new Set([...known.needs, ...found.needs])],
  };
}
