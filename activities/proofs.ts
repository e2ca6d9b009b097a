import { isArchived } from '../repository/archives.ts';
import { type BackupListing, listBackups, parseMarker } from '../repository/index.ts';
import { newestTestOf } from '../repository/markers.ts';
import type { Store } from '../repository/store.ts';
import type { SurveyedProofs, SurveyProofsInput } from '../workflows/contract-restore-test.ts';
import { withRepository } from './repositories.ts';
import { manifestFacts, placeOf } from './survey-manifests.ts';
import type { Work } from './work.ts';

/** Backups that are told at most: the newest, some 100 bytes each in a history. */
const most = 4000;

const passed: ReadonlySet<string> = new Set(['passed', 'passed-with-exceptions']);

/** What a repository lists of a plan's backups, and when which of them were proven. Key names alone tell it. */
export async function surveyProofs(work: Work, input: SurveyProofsInput): Promise<SurveyedProofs> {
  const { repository, source } = input;
  return withRepository(repository, work.signal, async (store) => {
    const listed = (await listBackups(store, { source }, work.signal)).sort((a, b) =>
      a.backupId < b.backupId ? 1 : -1,
    );
    const own = await ofPlan(store, input, listed, work.signal);
    const backups = own.map(proofOf);
    const proofs = backups.flatMap(({ provenAt }) => provenAt ?? []);
    return {
      repository: repository.name,
      provenAt: latest(proofs),
      backups: backups.slice(0, most),
      left: Math.max(0, backups.length - most),
    };
  });
}

/** Those of the plan; one whose manifest can't be understood counts as its own, so that the test finds it. */
async function ofPlan(
  store: Store,
  { repository, plan, shared }: SurveyProofsInput,
  listed: readonly BackupListing[],
  signal: AbortSignal,
): Promise<readonly BackupListing[]> {
  if (!shared) return listed;
  const facts = await manifestFacts(
    store,
    placeOf(repository),
    listed.filter(({ committed }) => committed),
    signal,
  );
  return listed.filter(({ backupId }) => (facts.get(backupId)?.plan ?? plan) === plan);
}

function proofOf(listing: BackupListing): SurveyedProofs['backups'][number] {
  const { backupId, startedAt, committed, markers } = listing;
  const told = markers.flatMap((name) => parseMarker(name) ?? []);
  const newest = newestTestOf(markers);
  return {
    backupId,
    startedAt,
    committed,
    deleting: told.some(({ kind }) => kind === 'deleting'),
    provenAt: latest(
      told.flatMap((marker) => (marker.kind === 'tested' && passed.has(marker.result) ? [marker.at] : [])),
    ),
    ...(newest?.result === 'failed' ? { failedAt: newest.at } : {}),
    ...(isArchived(listing) ? { archived: true } : {}),
  };
}

function latest(instants: readonly string[]): string | null {
  return instants.reduce<string | null>((best, each) => (best === null || each > best ? each : best), null);
}
