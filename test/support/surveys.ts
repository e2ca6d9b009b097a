import type { PlanStanding } from '../../workflows/contract-checks.ts';
import type { PlanCopies, RepositorySurvey } from '../../workflows/contract-survey.ts';

/** What a repository has of a plan, for tests that care for a few of its fields. */
export function copiesOf(plan: string, changes: Partial<PlanCopies> = {}): PlanCopies {
  return {
    plan,
    source: 'shop',
    count: 2,
    bytes: 2000,
    newest: '20261121T010000Z-00000002',
    oldest: '20261120T010000Z-00000001',
    proven: null,
    tested: null,
    ...changes,
  };
}

export function surveyOf(
  repository: string,
  plans: PlanCopies[],
  changes: Partial<RepositorySurvey> = {},
): RepositorySurvey {
  return { repository, unreadable: null, plans, free: null, size: null, requests: 1, ...changes };
}

/** What Temporal tells of a plan that stands well. */
export function standingOf(plan: string, changes: Partial<PlanStanding> = {}): PlanStanding {
  return {
    plan,
    applied: true,
    paused: false,
    running: null,
    last: { workflowId: `backup/${plan}-x`, at: '2026-11-21T01:01:00.000Z', result: 'passed' },
    next: '2026-11-22T01:00:00.000Z',
    ...changes,
  };
}
