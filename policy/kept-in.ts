import { longestKept } from './keeping.ts';
import type { ResolvedPlan, ResolvedPolicy, ResolvedRepository } from './resolved.ts';

/** What a policy keeps of one source in one repository; times in seconds. */
export type KeptSource = {
  source: string;
  /** The longest that any plan which copies there keeps a backup; null: for ever. */
  longest: number | null;
  /** The longest that a backup of it may take. */
  deadline: number;
};

/** Every source of which plans copy something into a repository, at once or by promotion. */
export function keptIn(policy: ResolvedPolicy, repository: string): KeptSource[] {
  const found = new Map<string, KeptSource>();
  for (const plan of Object.values(policy.plans)) {
    if (!placesOf(plan).some(({ name }) => name === repository)) continue;
    const { name: source } = plan.source;
    const longest = plan.retention === undefined ? null : longestKept(plan.retention.rules);
    const before = found.get(source);
    found.set(source, {
      source,
      longest: before === undefined ? longest : longer(before.longest, longest),
      deadline: Math.max(before?.deadline ?? 0, plan.schedule.deadline),
    });
  }
  return [...found.values()];
}

function placesOf({ copies, airgapped = [], retention }: ResolvedPlan): ResolvedRepository[] {
  const promoted = Object.values(retention?.storage ?? {}).flatMap(({ repository }) => repository ?? []);
  return [...copies, ...airgapped, ...promoted];
}

function longer(left: number | null, right: number | null): number | null {
  return left === null || right === null ? null : Math.max(left, right);
}
