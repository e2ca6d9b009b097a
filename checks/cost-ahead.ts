import { intervalsOf } from '../policy/cron.ts';
import { secondsKept } from '../policy/keeping.ts';
import { type ResolvedRepository, type RetentionRules, type Tier, tiers } from '../policy/resolved.ts';
import type { Prices } from '../policy/resolved-proof.ts';
import { formatCost, longestSeconds } from '../policy/units.ts';
import type { PlanCopies, RepositorySurvey } from '../workflows/contract-survey.ts';
import { startOfBackup } from './backup-time.ts';
import { bytesByClass, type MonthlyCost, pricingOf, sum, usualClasses } from './cost.ts';

/** What of a plan says how its backups grow in number. */
export type CostedPlan = {
  name: string;
  copies: readonly { name: string }[];
  airgapped?: readonly { name: string }[];
  schedule: { cron: string };
  retention?: { rules: RetentionRules; storage: Partial<Record<Tier, { repository?: { name: string } }>> };
};

/** What a month will cost; null where nothing has a price. */
export type CostAhead = { in30Days: number | null; in365Days: number | null };

const day = 86_400;

/**
 * What a month will cost when backups stay as large as they are: each plan's copies in a repository grow as their number
 * does, by the rules of retention, until as much expires as comes in. Pure.
 *
 * @param at ISO 8601: when the survey was made.
 */
export function costAhead(
  surveys: readonly RepositorySurvey[],
  {
    repositories,
    plans,
    prices,
    at,
  }: {
    repositories: readonly ResolvedRepository[];
    plans: readonly CostedPlan[];
    prices: Prices;
    at: string;
  },
): CostAhead {
  const price = pricingOf(repositories, prices);
  const usual = usualClasses(repositories);
  const after = (days: number) => {
    const costs = surveys.flatMap(({ repository, plans: held }) =>
      held.flatMap((copies) => {
        const factor = growthOf(
          copies,
          plans.find(({ name }) => name === copies.plan),
          { repository, at, days },
        );
        return bytesByClass(copies, usual(repository)).flatMap(
          ([storageClass, bytes]) => price(repository, storageClass, bytes * factor) ?? [],
        );
      }),
    );
    return costs.length === 0 ? null : sum(costs);
  };
  return { in30Days: after(30), in365Days: after(365) };
}

/** What to do about a cost that is over the budget, or will be; null while it is not. */
export function budgetFault({ total, budget, currency }: MonthlyCost, ahead: CostAhead): string | null {
  if (budget === null) return null;
  const steps: [string, number | null][] = [
    ['costs', total],
    ['will cost in 30 days', ahead.in30Days],
    ['will cost in a year', ahead.in365Days],
  ];
  const over = steps.find(([, cost]) => cost !== null && cost > budget);
  if (over === undefined) return null;
  const [what, cost] = over;
  return `A month's storage ${what} ${formatCost(cost ?? 0, currency)}, and the budget is ${formatCost(budget, currency)}. Shorten the retention, move old backups to a cheaper storage class, or raise the budget.`;
}

type Span = { repository: string; at: string; days: number };

/** By how much the bytes of a plan's copies in a repository grow. */
function growthOf(copies: PlanCopies, plan: CostedPlan | undefined, { repository, at, days }: Span): number {
  const oldest = copies.oldest === null ? null : startOfBackup(copies.oldest);
  // A plan that is gone makes no more backups.
  if (oldest === null || plan === undefined) return 1;
  const age = Math.max((Date.parse(at) - Date.parse(oldest)) / 1000, 3600);
  if (plan.retention === undefined) return withoutEnd(copies, age, days);
  const kept = (seconds: number) => keptAfter(seconds, plan, repository);
  return kept(age + days * day) / kept(age);
}

/** What comes in a month comes in each month. */
function withoutEnd({ bytes, bytesOfMonth }: PlanCopies, age: number, days: number): number {
  const ofMonth = bytesOfMonth ?? bytes * Math.min(1, (30 * day) / age);
  const perDay = ofMonth / Math.min(30, age / day);
  return bytes === 0 ? 1 : (bytes + perDay * days) / bytes;
}

/** How many backups of a plan that began so many seconds ago a repository keeps, each counted in one tier; at least one. */
function keptAfter(
  age: number,
  { schedule, retention, copies, airgapped = [] }: CostedPlan,
  repository: string,
): number {
  const interval = intervalsOf(schedule.cron).shortest;
  if (retention === undefined) return Math.max(1, age / interval);
  const { rules, storage } = retention;
  if (rules.kind === 'flat') return Math.max(1, Math.min(age, longestSeconds(rules.for)) / interval);
  const holdsAll = [...copies, ...airgapped].some(({ name }) => name === repository);
  let covered = 0;
  let count = 0;
  for (const tier of tiers) {
    const keep = rules.keep[tier];
    if (keep === undefined || !(holdsAll || storage[tier]?.repository?.name === repository)) continue;
    const end = secondsKept(tier, keep);
    count += Math.max(0, Math.min(age, end) - covered) / Math.max(periods[tier], interval);
    covered = Math.max(covered, Math.min(age, end));
  }
  return Math.max(1, count);
}

const periods: Record<Tier, number> = {
  hourly: 3600,
  daily: day,
  weekly: 7 * day,
  monthly: 30.44 * day,
  yearly: 365.25 * day,
};
