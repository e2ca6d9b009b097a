import type { ResolvedPlan } from '../policy/resolved.ts';
import { workflowTypes } from '../workflows/contract.ts';
import type { RestoreTestInput } from '../workflows/contract-restore-test.ts';
import { attributesOf, type Recurring } from './kinds.ts';

/** Seconds beyond the tests themselves: a copy that is found bad is healed, however large it is. */
const healing = 86_400;

/** The id of a plan's restore tests. */
export const restoreTestWorkflowId = (plan: string): string => `restore-test/${plan}`;

/** A plan's restore tests; none where the policy sets no time for them. */
export function restoreTestOf(plan: ResolvedPlan): Recurring[] {
  const test = plan.restoreTest;
  if (test?.schedule === undefined) return [];
  const input: RestoreTestInput = { plan, test, ...(plan.audit === undefined ? {} : { audit: plan.audit }) };
  const copies = test.from.join(', ');
  return [
    {
      workflowId: restoreTestWorkflowId(plan.name),
      workflowType: workflowTypes.restoreTest,
      zone: test.zone,
      timezone: plan.timezone,
      settings: test.schedule,
      // Each copy has the whole deadline, and its archive the whole patience: what comes first costs no other its test.
      timeLimit: (test.schedule.deadline + (test.thaw?.patience ?? 0)) * test.from.length + healing,
      input,
      attributes: attributesOf(plan, workflowTypes.restoreTest),
      summary: `Restore test of plan ${plan.name}, from ${copies}`,
      about: `restores ${plan.source.name} from ${copies} in turn, and compares`,
    },
  ];
}
