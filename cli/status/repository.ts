import type { ResolvedRepository } from '../../policy/resolved.ts';
import type { PlanCopies, RepositorySurvey } from '../../workflows/contract-survey.ts';

/** How a repository stands. Sizes in bytes. */
export type RepositoryStatus = {
  repository: string;
  zone: string;
  site: string;
  medium: string;
  /** Why what it holds is unknown; null when it could be read. */
  unreadable: string | null;
  copies: number;
  bytes: number;
  free: number | null;
  size: number | null;
  /** Bytes by storage class where some lie in another than the usual one. */
  classes: Record<string, number>;
  /** Of a month; null: no price is known. */
  cost: number | null;
  faults: string[];
};

/** The sums of what a repository lists of the plans that were asked for. Pure. */
export function repositoryStatus(
  { name, zone, site, medium }: ResolvedRepository,
  survey: RepositorySurvey | undefined,
  cost: number | null,
): RepositoryStatus {
  const found = survey ?? unasked(name);
  const { plans, unreadable, free, size } = found;
  return {
    repository: name,
    zone,
    site,
    medium,
    unreadable,
    copies: sum(plans, ({ count }) => count),
    bytes: sum(plans, ({ bytes }) => bytes),
    free,
    size,
    classes: classesOf(plans),
    cost,
    faults: unreadable === null ? [] : [`What it holds is unknown: ${unreadable}`],
  };
}

/** What is known of a repository that was not asked: nothing. */
export function unasked(repository: string, why = 'It was not asked.'): RepositorySurvey {
  return { repository, unreadable: why, plans: [], free: null, size: null, requests: 0 };
}

const sum = (plans: readonly PlanCopies[], of: (plan: PlanCopies) => number): number =>
  plans.reduce((total, plan) => total + of(plan), 0);

function classesOf(plans: readonly PlanCopies[]): Record<string, number> {
  const classes: Record<string, number> = {};
  for (const plan of plans)
    for (const [name, bytes] of Object.entries(plan.classes ?? {}))
      classes[name] = (classes[name] ?? 0) + bytes;
  return classes;
}
