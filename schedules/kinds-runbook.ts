import type { ResolvedPolicy } from '../policy/resolved.ts';
import type { ResolvedRunbook } from '../policy/resolved-failover.ts';
import { workflowTypes } from '../workflows/contract.ts';
import { type RunbookCheckInput, runbookCheckId } from '../workflows/contract-runbook.ts';
import type { Recurring } from './kinds.ts';

/** Seconds that a check may take beyond its deadline, to say what became of it. */
const afterDeadline = 15 * 60;

/** The checks of the runbooks that have a time for them. */
export function runbookChecksOf(policy: ResolvedPolicy): Recurring[] {
  return Object.values(policy.runbooks).flatMap((runbook) => {
    const { preflight, name, zone, steps } = runbook;
    if (preflight === undefined) return [];
    return [
      {
        workflowId: runbookCheckId(name),
        workflowType: workflowTypes.runbookCheck,
        zone,
        timezone: policy.timezone,
        settings: preflight,
        timeLimit: preflight.deadline + afterDeadline,
        input: runbookCheckInput(policy, runbook),
        attributes: { HoldfastKind: workflowTypes.runbookCheck },
        summary: `Whether the runbook ${name} could be followed now`,
        about: `looks at the ${steps.length} steps of ${name} without effect, in every mode`,
      },
    ];
  });
}

/** What a check is started with: the runbook as it is now, so that no worker needs the policy. */
export function runbookCheckInput(policy: ResolvedPolicy, runbook: ResolvedRunbook): RunbookCheckInput {
  return { runbook, alertZone: policy.checks.zone };
}
