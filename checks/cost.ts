import type { ResolvedRepository } from '../policy/resolved.ts';
import type { Prices } from '../policy/resolved-proof.ts';
import type { PlanCopies, RepositorySurvey } from '../workflows/contract-survey.ts';

/** What the copies of one repository in one storage class cost for a month. */
export type CostLine = {
  repository: string;
  /** Null: a directory, or a service that tells no classes. */
  storageClass: string | null;
  bytes: number;
  /** Null: no price is known. */
  cost: number | null;
};

/** What storage costs for a month, as far as prices are known. */
export type MonthlyCost = {
  currency: string;
  /** When the prices were true: YYYY-MM-DD. */
  asOf: string;
  lines: CostLine[];
  /** Null: nothing has a price. */
  total: number | null;
  /** Bytes that no price is known of, and that the total therefore lacks. */
  unpricedBytes: number;
  /** Repositories that could not be read: what they hold is missing, not free. */
  unread: string[];
  budget: number | null;
};

/** What a repository's bytes in a storage class cost for a month; null without a price. */
export type Pricing = (repository: string, storageClass: string | null, bytes: number) => number | null;

const gib = 2 ** 30;

/** What the copies that a survey found cost for a month, by repository and storage class. Pure. */
export function monthlyCost(
  surveys: readonly RepositorySurvey[],
  repositories: readonly ResolvedRepository[],
  prices: Prices,
): MonthlyCost {
  const price = pricingOf(repositories, prices);
  const lines = surveys.flatMap((survey) => linesOf(survey, usualClasses(repositories), price));
  const priced = lines.flatMap(({ cost }) => cost ?? []);
  return {
    currency: prices.currency,
    asOf: prices.asOf,
    lines,
    total: priced.length === 0 ? null : sum(priced),
    unpricedBytes: sum(lines.map(({ bytes, cost }) => (cost === null ? bytes : 0))),
    unread: surveys.flatMap(({ repository, unreadable }) => (unreadable === null ? [] : [repository])),
    budget: prices.budget,
  };
}

/**
 * The repository's own price, else that of the storage class. A list price of Amazon's says nothing of another service,
 * and a directory has no classes.
 */
export function pricingOf(repositories: readonly ResolvedRepository[], { table }: Prices): Pricing {
  const known = new Map(repositories.map((repository) => [repository.name, repository]));
  return (name, storageClass, bytes) => {
    const repository = known.get(name);
    const elsewhere = repository?.kind === 's3' && repository.endpoint !== undefined;
    const price =
      table.find(({ of }) => of === name) ??
      table.find(({ of, listed }) => of === storageClass && !(listed === true && elsewhere));
    return price === undefined ? null : (bytes / gib) * price.perGiB;
  };
}

/** The class that new copies of a repository have; null for a directory. */
export type UsualClass = (repository: string) => string | null;

export function usualClasses(repositories: readonly ResolvedRepository[]): UsualClass {
  const usual = new Map(
    repositories.map((each) => [each.name, each.kind === 's3' ? (each.storageClass ?? 'STANDARD') : null]),
  );
  return (repository) => usual.get(repository) ?? null;
}

/** The bytes of a plan's copies by class; what no class is told of lies in the usual one. */
export function bytesByClass(
  { bytes, classes }: PlanCopies,
  usual: string | null,
): [string | null, number][] {
  return classes === undefined ? [[usual, bytes]] : Object.entries(classes);
}

function linesOf({ repository, plans }: RepositorySurvey, usual: UsualClass, price: Pricing): CostLine[] {
  const held = new Map<string | null, number>();
  for (const copies of plans)
    for (const [storageClass, bytes] of bytesByClass(copies, usual(repository)))
      held.set(storageClass, (held.get(storageClass) ?? 0) + bytes);
  return [...held].map(([storageClass, bytes]) => ({
    repository,
    storageClass,
    bytes,
    cost: price(repository, storageClass, bytes),
  }));
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
