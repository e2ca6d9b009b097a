import type { ResolvedPolicy } from '../policy/resolved.ts';
import type { ResolvedRunbook } from '../policy/resolved-failover.ts';
import { placeOf } from '../process/index.ts';
import type { RunbookDocument } from '../reports/runbook.ts';
import { describeStep } from '../workflows/failover/does.ts';
import { commandsByHand } from './by-hand.ts';
import { keySecretsOf, secretsOf } from './step-secrets.ts';

/** What is printed of a runbook; nothing but the policy is asked. */
export function documentOf(
  { people, signers }: ResolvedPolicy,
  runbook: ResolvedRunbook,
  printedAt: string,
): RunbookDocument {
  return {
    runbook,
    people,
    printedAt,
    steps: runbook.steps.map((step) => ({
      id: step.id,
      phase: step.phase,
      role: step.role,
      zone: step.zone,
      needs: step.needs,
      asks: step.approve || step.do === 'approve' || step.do === 'postgres.recover',
      approvals: step.approvals ?? 1,
      message: step.do === 'communicate' ? step.message : null,
      say: step.say,
      does: describeStep(step, 'real'),
      inDrill: describeStep(step, 'drill'),
      commands: commandsByHand(step, { signers, lost: runbook.lost }),
      secrets: [
        ...new Set(
          [...secretsOf(step), ...keySecretsOf(step)].map(({ what, ref }) => `${what}: ${placeOf(ref)}`),
        ),
      ],
      timeout: step.timeout,
    })),
  };
}
