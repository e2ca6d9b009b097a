import type { ResolvedPlan, ResolvedRepository } from '../policy/resolved.ts';

/** Which zone's worker fills a copy, and from which good copy. */
export type Route = { zone: string; from: ResolvedRepository };

/**
 * A worker of the source's zone when it reaches the repository: it reaches the copies that it wrote as well. Else one of
 * the repository's own zone, from a copy that it can be expected to reach: one of its zone, then one in a bucket.
 *
 * @param committed names of the good copies
 * @param reachable names of the repositories that the source's worker can write to
 * @throws RangeError when no copy is good: an internal fault
 */
export function routeTo(
  target: ResolvedRepository,
  plan: ResolvedPlan,
  committed: readonly string[],
  reachable: readonly string[],
): Route {
  const good = plan.copies.filter(({ name }) => committed.includes(name));
  const [first] = good;
  if (first === undefined) throw new RangeError('there is no good copy to fill another from');
  if (reachable.includes(target.name)) {
    return { zone: plan.source.zone, from: good.find(({ name }) => reachable.includes(name)) ?? first };
  }
  const near = good.find(({ zone }) => zone === target.zone) ?? good.find(({ kind }) => kind === 's3');
  return { zone: target.zone, from: near ?? first };
}
