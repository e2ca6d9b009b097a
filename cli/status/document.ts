import { type MonthlyCost, monthlyCost, sum } from '../../checks/cost.ts';
import { type CostAhead, costAhead } from '../../checks/cost-ahead.ts';
import type { ResolvedPlan, ResolvedPolicy } from '../../policy/resolved.ts';
import type { AlertsState } from '../../workflows/contract-alerts.ts';
import type { PlanStanding } from '../../workflows/contract-checks.ts';
import { isOverdue } from '../../workflows/follow-ups-chase.ts';
import { placesOf } from '../../workflows/retention-places.ts';
import type { AirgapStatus } from '../airgap-status.ts';
import { indexSurveys, type PlanStatus, planStatus } from '../plan-status.ts';
import type { StatusFacts, WatchFault } from './facts.ts';
import { type RepositoryStatus, repositoryStatus } from './repository.ts';
import { repositoriesOf } from './survey.ts';

/** What `status --json` prints. */
export type StatusDocument = {
  organization: string;
  /** ISO 8601, UTC. */
  at: string;
  /** Whether nothing needs a person. */
  well: boolean;
  plans: PlanStatus[];
  repositories: RepositoryStatus[];
  airgapped: AirgapStatus[];
  /** What needs a person and is of no plan and no repository. */
  faults: WatchFault[];
  /** Zones in which no worker answers. */
  silentZones: string[];
  /** Null where nobody keeps alerts, or nobody could tell of them. */
  alerts: AlertsState | null;
  /** What drills and failovers left to be done; null where nobody noted anything, or nobody could tell. */
  followUps: { open: number; overdue: number; next: string } | null;
  /** What the copies of these plans cost for a month, now and when backups stay as large as they are. */
  cost: MonthlyCost & CostAhead;
  /** Requests to S3 that this took. */
  requests: number;
};

/** Everything that is known, judged. Pure. */
export function statusDocument(
  policy: ResolvedPolicy,
  plans: readonly ResolvedPlan[],
  facts: StatusFacts,
  airgapped: AirgapStatus[],
  now: Date,
): StatusDocument {
  const statuses = planStatuses(policy, plans, facts, now);
  const surveys = new Map(facts.surveys.map((survey) => [survey.repository, survey]));
  const cost = costOf(policy, plans, facts, now);
  const repositories = repositoriesOf(plans).map((repository) =>
    repositoryStatus(repository, surveys.get(repository.name), costIn(cost, repository.name)),
  );
  const { alerts, silentZones, watch = [] } = facts;
  const faulty = [...statuses, ...repositories, ...airgapped].some(({ faults }) => faults.length > 0);
  const alarmed =
    alerts !== null &&
    (alerts.undelivered.length > 0 ||
      alerts.unrecorded !== null ||
      alerts.open.some(({ severity }) => severity !== 'info'));
  return {
    organization: policy.organization,
    at: now.toISOString(),
    well: plans.length > 0 && !faulty && !alarmed && watch.length + silentZones.length === 0,
    plans: statuses,
    repositories,
    airgapped,
    faults: watch,
    silentZones,
    alerts,
    followUps: followUpsIn(facts, policy, now),
    cost,
    requests: facts.surveys.reduce((sum, { requests }) => sum + requests, 0),
  };
}

function followUpsIn(
  { followUps }: StatusFacts,
  policy: ResolvedPolicy,
  now: Date,
): StatusDocument['followUps'] {
  const open = followUps?.open ?? [];
  const [first] = open;
  if (first === undefined) return null;
  const overdue = open.filter((each) => isOverdue(each, policy, now.getTime())).length;
  return { open: open.length, overdue, next: first.due };
}

function costOf(
  { repositories, prices }: ResolvedPolicy,
  plans: readonly ResolvedPlan[],
  { surveys }: StatusFacts,
  now: Date,
): StatusDocument['cost'] {
  const known = Object.values(repositories);
  const basis = { repositories: known, plans, prices, at: now.toISOString() };
  return { ...monthlyCost(surveys, known, prices), ...costAhead(surveys, basis) };
}

function costIn({ lines }: MonthlyCost, name: string): number | null {
  const priced = lines.flatMap(({ repository, cost }) => (repository === name ? (cost ?? []) : []));
  return priced.length === 0 ? null : sum(priced);
}

function planStatuses(
  policy: ResolvedPolicy,
  plans: readonly ResolvedPlan[],
  facts: StatusFacts,
  now: Date,
): PlanStatus[] {
  const { standings, silentZones } = facts;
  const standingOf = new Map((standings ?? []).map((standing) => [standing.plan, standing]));
  const repositorySites = Object.fromEntries(
    Object.values(policy.repositories).map(({ name, site }) => [name, site]),
  );
  const surveys = indexSurveys(facts.surveys);
  return plans.map((plan) =>
    planStatus({
      plan,
      standing: standings === null ? null : (standingOf.get(plan.name) ?? withoutSchedule(plan.name)),
      surveys,
      archives: placesOf(plan)
        .archives.filter(({ manual }) => manual === undefined)
        .map(({ name }) => name),
      sites: { source: policy.zones[plan.source.zone]?.site ?? '', repositories: repositorySites },
      worker: !silentZones.includes(plan.source.zone),
      testGrace: policy.checks.health.testGrace,
      now,
    }),
  );
}

const withoutSchedule = (plan: string): PlanStanding => ({
  plan,
  applied: false,
  paused: false,
  running: null,
  last: null,
  next: null,
});
