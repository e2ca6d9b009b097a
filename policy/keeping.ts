import { type Keep, type RetentionRules, type Tier, tiers } from './resolved.ts';
import { longestSeconds } from './units.ts';

const periods: Record<Tier, number> = {
  hourly: 3600,
  daily: 86_400,
  weekly: 7 * 86_400,
  monthly: 31 * 86_400,
  yearly: 366 * 86_400,
};

/** The most seconds that a tier keeps a backup; so many of the newest count as so many of its periods. */
export function secondsKept(tier: Tier, keep: Keep): number {
  return 'for' in keep ? longestSeconds(keep.for) : keep.newest * periods[tier];
}

/** The most seconds that any backup is kept. */
export function longestKept(rules: RetentionRules): number {
  if (rules.kind === 'flat') return longestSeconds(rules.for);
  return Math.max(...tiers.map((tier) => secondsOf(rules, tier) ?? 0));
}

/** The most seconds that a new backup is kept before any promotion, which brings a lock of its own with it. */
export function firstKept(rules: RetentionRules): number {
  if (rules.kind === 'flat') return longestSeconds(rules.for);
  const order: Tier[] = ['daily', 'hourly', 'weekly', 'monthly', 'yearly'];
  return order.map((tier) => secondsOf(rules, tier)).find((seconds) => seconds !== undefined) ?? 0;
}

/** What a lock without a time of its own lasts, in seconds, on the copies of a plan with these rules. */
export function lockFor(rules: RetentionRules | undefined): number {
  if (rules?.kind === 'flat') return longestSeconds(rules.for);
  return (rules === undefined ? undefined : secondsOf(rules, 'daily')) ?? lockWithoutRetention;
}

/** 30 days: where no retention says how long dailies are kept. */
const lockWithoutRetention = 30 * 86_400;

/** What a lock without a time of its own lasts on an audit log, in seconds: as long as what it tells of. */
export function auditLockFor(retentions: RetentionRules[]): number {
  return Math.max(366 * 86_400, ...retentions.map(longestKept));
}

function secondsOf(rules: Extract<RetentionRules, { kind: 'gfs' }>, tier: Tier): number | undefined {
  const keep = rules.keep[tier];
  return keep === undefined ? undefined : secondsKept(tier, keep);
}
