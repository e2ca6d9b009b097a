import { formatCost } from '../policy/units.ts';
import type { ChecksInput } from '../workflows/contract-checks.ts';
import { type MonthlyCost, monthlyCost } from './cost.ts';
import type { Known } from './health.ts';
import type { Weighed } from './weighed.ts';

/** What storage costs for a month, as far as it was looked at and has a price. */
export function costNow({ repositories, prices }: ChecksInput, zones: readonly Known[]): MonthlyCost {
  return monthlyCost(
    zones.flatMap(({ facts }) => facts?.repositories ?? []),
    repositories,
    prices,
  );
}

/** Whether a month's storage costs more than its budget. What could not be read may cost more: that is told. */
export function weighCost(input: ChecksInput, zones: readonly Known[]): Weighed {
  const { total, budget, currency, unread } = costNow(input, zones);
  if (budget === null) return { findings: [], unchecked: [] };
  if (total !== null && total > budget) {
    const sentence = `A month's storage costs ${formatCost(total, currency)}, and the budget is ${formatCost(budget, currency)}. Shorten the retention, move old backups to a cheaper storage class, or raise the budget.`;
    return {
      findings: [{ kind: 'over-budget', subject: 'storage', severity: 'warning', sentence }],
      unchecked: [],
    };
  }
  const silent = zones.filter(({ facts }) => facts === null).map(({ zone }) => zone);
  const missing = [...unread, ...silent.map((zone) => `zone ${zone}`)].sort();
  if (missing.length === 0) return { findings: [], unchecked: [] };
  const sentence = `Whether storage keeps within its budget is not known: ${missing.join(' and ')} could not be looked at.`;
  return { findings: [], unchecked: [{ subject: 'storage', sentence, explained: true }] };
}
