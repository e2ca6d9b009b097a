import type { ResolvedRepository } from '../policy/resolved.ts';
import type { PackedSurvey, RetainedPlan, RetentionRecord } from './contract-retention.ts';
import { activitiesIn } from './proxies.ts';

/** What a plan's repositories list, each looked at in its own zone. */
export type Surveyed = {
  /** Null when there is no repository at all. */
  survey: PackedSurvey | null;
  /** Verified copies by repository; one in its safe is left out. */
  found: Record<string, number>;
  /** What the last run of retention has left in any of them. */
  last: RetentionRecord | null;
  warnings: string[];
};

/** Looks at one repository after another, since each adds to what is known. @throws what the first that fails throws */
export async function surveyPlaces(
  plan: RetainedPlan,
  places: readonly ResolvedRepository[],
  limits: Parameters<typeof activitiesIn>[1],
): Promise<Surveyed> {
  const all: Surveyed = { survey: null, found: {}, last: null, warnings: [] };
  for (const repository of places) {
    const { survey } = all;
    const seen = await activitiesIn(repository.zone, limits).surveyRepository({ plan, repository, survey });
    all.survey = seen.survey;
    if (seen.copies !== null) all.found[repository.name] = seen.copies;
    if (seen.last !== null && (all.last === null || seen.last.at > all.last.at)) all.last = seen.last;
    all.warnings.push(...seen.warnings);
  }
  return all;
}
