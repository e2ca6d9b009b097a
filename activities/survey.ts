import type { ResolvedRepository } from '../policy/resolved.ts';
import { requireTrueListing } from '../repository/catalogue.ts';
import { inFlight } from '../repository/in-flight.ts';
import { type BackupListing, backupsOf } from '../repository/index.ts';
import type { Store } from '../repository/store.ts';
import type {
  PlanCopies,
  RepositorySurvey,
  SurveyCopiesInput,
  SurveyedPlan,
} from '../workflows/contract-survey.ts';
import { reasonOf } from './reason.ts';
import { withRepository } from './repositories.ts';
import { manifestFacts, placeOf } from './survey-manifests.ts';
import { compared, isCopy, type PlanView, planCopies } from './survey-plan.ts';
import type { Work } from './work.ts';

/** What a survey needs of whoever makes it: a worker's activity, or a person's own machine. */
type Surveyor = Pick<Work, 'signal' | 'report'>;

/** Listings at once: a service answers many side by side as fast as one, and a listing of all has one page after another. */
const sourcesAtOnce = 32;

/** Seconds: somebody is waiting for the answer, and what does not answer within them is told to be unreadable. */
const brief = 5;

/**
 * What repositories list of plans' backups, by key names: one listing for each source. Manifests are read where plans
 * share a source, and of the newest backups where their sizes are wanted.
 */
export function surveyCopies(work: Surveyor, input: SurveyCopiesInput): Promise<RepositorySurvey[]> {
  return Promise.all(input.repositories.map((repository) => surveyOne(work, repository, input)));
}

async function surveyOne(
  work: Surveyor,
  repository: ResolvedRepository,
  input: SurveyCopiesInput,
): Promise<RepositorySurvey> {
  const { name } = repository;
  const requests = { seconds: input.patience ?? brief, firstPause: 250, longestPause: 2000 };
  const started = performance.now();
  const tell = (bytes: number) => {
    const elapsed = (performance.now() - started) / 1000;
    work.report({ phase: `listing ${name}`, bytes, bytesPerSecond: 0, elapsed });
  };
  tell(0);
  try {
    return await withRepository(
      repository,
      work.signal,
      async (store): Promise<RepositorySurvey> => ({
        repository: name,
        unreadable: null,
        plans: await surveyStore(work, store, repository, input),
        free: await store.freeBytes(work.signal),
        size: await store.sizeBytes(work.signal),
        requests: store.requests,
      }),
      { s3: { requests } },
    );
  } catch (error) {
    if (work.signal.aborted) throw error;
    const unreadable = reasonOf(error).sentence;
    return { repository: name, unreadable, plans: [], free: null, size: null, requests: 0 };
  }
}

async function surveyStore(
  work: Surveyor,
  store: Store,
  repository: ResolvedRepository,
  { plans, history }: SurveyCopiesInput,
): Promise<PlanCopies[]> {
  const usualClass = (repository.kind === 's3' ? repository.storageClass : undefined) ?? 'STANDARD';
  const view = { now: Date.now(), usualClass };
  const found: PlanCopies[] = [];
  let empty = false;
  const own = plans.filter(({ repositories }) => repositories.includes(repository.name));
  const survey = async ([source, ofSource]: [string, SurveyedPlan[]]) => {
    const listed = await listSource(store, source, work.signal);
    empty ||= listed.length === 0;
    return surveySource(work, store, placeOf(repository), { plans: ofSource, listed, history, view });
  };
  for await (const part of inFlight(bySource(own), sourcesAtOnce, survey)) found.push(...part);
  if (empty) await requireTrueListing(store, work.signal);
  return found;
}

function bySource(plans: readonly SurveyedPlan[]): Map<string, SurveyedPlan[]> {
  const sources = new Map<string, SurveyedPlan[]>();
  for (const plan of plans) sources.set(plan.source, [...(sources.get(plan.source) ?? []), plan]);
  return sources;
}

/** Copies of a source, newest first. */
async function listSource(store: Store, source: string, signal: AbortSignal): Promise<BackupListing[]> {
  return backupsOf(await store.list(`${source}/`, signal))
    .filter(isCopy)
    .sort((a, b) => (a.backupId < b.backupId ? 1 : -1));
}

async function surveySource(
  { signal }: Surveyor,
  store: Store,
  place: string,
  source: { plans: SurveyedPlan[]; listed: BackupListing[]; history: boolean; view: PlanView },
): Promise<PlanCopies[]> {
  const { plans, listed, history, view } = source;
  const shared = plans.some((plan) => plan.shared);
  const owners = shared ? await manifestFacts(store, place, listed, signal) : null;
  return Promise.all(
    plans.map(async (plan) => {
      const copies =
        owners === null ? listed : listed.filter(({ backupId }) => owners.get(backupId)?.plan === plan.plan);
      if (!history) return planCopies(plan, copies, view);
      const facts = owners ?? (await manifestFacts(store, place, copies.slice(0, compared), signal));
      return planCopies(plan, copies, { ...view, facts });
    }),
  );
}
