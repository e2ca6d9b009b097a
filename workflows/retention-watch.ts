import type { ResolvedPlan } from '../policy/resolved.ts';
import { tryObserve } from './alerting.ts';
import type { Reason } from './contract.ts';
import type { AlertFinding } from './contract-alerts.ts';
import type { Weighed } from './contract-retention.ts';
import type { RetentionDesk } from './retention-desk.ts';

/** What a run of a plan's retention found wrong: backups that are kept longer than the policy allows. Pure. */
export function findingsOf(plan: string, { counts, violations }: Weighed): AlertFinding[] {
  const [first] = violations;
  if (first === undefined) return [];
  return [
    {
      kind: 'retention-violation',
      subject: plan,
      severity: 'warning',
      sentence: `${counts.violations} backups of ${plan} are kept longer than the policy allows, the first ${first.backupId}: ${first.sentence} \`holdfast retention preview ${plan}\` lists them.`,
    },
  ];
}

/** Tells the alerts what a run found; that they could not be told is a warning. */
export async function watchRetention(
  plan: ResolvedPlan,
  weighed: Weighed,
  desk: RetentionDesk,
): Promise<void> {
  await tell(plan, findingsOf(plan.name, weighed), desk);
}

/** Tells the alerts that a plan's retention could not do its work: backups pile up, and nobody sees it. */
export async function failedRetention(
  plan: ResolvedPlan,
  reason: Reason,
  desk: RetentionDesk,
): Promise<void> {
  const sentence = `The retention of ${plan.name} failed: ${reason.sentence} Nothing of it is removed until it runs again.`;
  await tell(
    plan,
    [{ kind: 'check-impossible', subject: `retention/${plan.name}`, severity: 'warning', sentence }],
    desk,
  );
}

async function tell(plan: ResolvedPlan, findings: AlertFinding[], desk: RetentionDesk): Promise<void> {
  const untold = await tryObserve(plan.alertZone, `retention/${plan.name}`, findings);
  if (untold !== null) desk.show({ warnings: [...desk.state().warnings, untold] });
}
