import { isCancellation } from '@temporalio/workflow';
import type { ResolvedRepository } from '../policy/resolved.ts';
import type { RepositorySurvey, SurveyedPlan, SurveyInput, SurveyResult } from './contract-survey.ts';
import { reasonOf } from './failures.ts';
import { activitiesIn } from './proxies.ts';

/** Long enough for a busy worker to take the work, and short for somebody who waits. */
const patience = 10;

/** How plans stand in every repository, each asked by its own zone. What can't be read is unknown, not absent. */
export async function survey({ repositories, plans }: SurveyInput): Promise<SurveyResult> {
  const at = new Date(Date.now()).toISOString();
  return { at, repositories: await Promise.all(repositories.map((one) => look(one, plans))) };
}

async function look(repository: ResolvedRepository, plans: SurveyedPlan[]): Promise<RepositorySurvey> {
  const { name, zone } = repository;
  const own = plans.filter(({ repositories }) => repositories.includes(name));
  try {
    const limits = { within: 600, attempts: 2, patience };
    const [found] = await activitiesIn(zone, limits).surveyCopies({
      repositories: [repository],
      plans: own,
      history: false,
    });
    return found ?? unread(name, 'Its worker told nothing of it.');
  } catch (error) {
    if (isCancellation(error)) throw error;
    return unread(name, reasonOf(error).sentence);
  }
}

const unread = (repository: string, unreadable: string): RepositorySurvey => ({
  repository,
  unreadable,
  plans: [],
  free: null,
  size: null,
  requests: 0,
});
