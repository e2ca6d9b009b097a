import { createHash } from 'node:crypto';
import type { ResolvedRunbook } from '../resolved-failover.ts';

/**
 * What tells nothing of what a run does: where it is from, when it is looked at and rehearsed, and how people are reached.
 * A message that a step sends is in the step.
 */
const apart = ['policyHash', 'preflight', 'drills', 'communication'];

/**
 * The version of a runbook: SHA-256, in hex, of its canonical JSON. A change of the policy that changes nothing of what
 * a run does leaves it, so that the last drill of this very version still counts.
 */
export function versionOf(runbook: Omit<ResolvedRunbook, 'version'>): string {
  return createHash('sha256').update(canonical(runbook)).digest('hex');
}

/** JSON with keys in order of their letters, without what is apart. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value)
    .filter(([key, each]) => each !== undefined && !apart.includes(key))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(',')}}`;
}
