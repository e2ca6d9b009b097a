import type { PlanCopies } from '../workflows/contract-survey.ts';
import type { Known } from './health.ts';

/** What one repository that could be read has of a plan. */
export type Held = { repository: string; copies: PlanCopies };

/** What is known of each plan's copies, by plan. */
export function heldByPlan(zones: readonly Known[]): Map<string, Held[]> {
  const held = new Map<string, Held[]>();
  for (const { facts } of zones)
    for (const { repository, plans, unreadable } of facts?.repositories ?? [])
      if (unreadable === null)
        for (const copies of plans)
          held.set(copies.plan, [...(held.get(copies.plan) ?? []), { repository, copies }]);
  return held;
}
