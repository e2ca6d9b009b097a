import type { ResolvedRunbook } from '../resolved-failover.ts';
import { versionOf } from './version.ts';

/**
 * Some steps of a runbook as one of their own. What a step needs that is left out is left out with what that one needs in
 * turn, so that the order stays. Its version is another: who rehearsed a part has not rehearsed the whole.
 */
export function partOf(runbook: ResolvedRunbook, ids: readonly string[]): ResolvedRunbook {
  const kept = new Set(ids);
  const leads = new Map<string, string[]>();
  // Each step comes after what it needs.
  for (const { id, needs } of runbook.steps)
    leads.set(id, [...new Set(needs.flatMap((need) => (kept.has(need) ? [need] : (leads.get(need) ?? []))))]);
  const { version: _, ...whole } = runbook;
  const part = {
    ...whole,
    steps: whole.steps
      .filter(({ id }) => kept.has(id))
      .map((step) => ({ ...step, needs: leads.get(step.id) ?? [] })),
  };
  return { ...part, version: versionOf(part) };
}
