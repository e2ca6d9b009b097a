import type { Client } from '@temporalio/client';
import type { ResolvedPolicy } from '../../policy/resolved.ts';
import { applyChanges, desiredSchedules, diffSchedules, liveSchedules } from '../../schedules/index.ts';

/** Makes Temporal's Schedules equal to a policy, as `apply` does. Looks at health are left out: they come every few minutes, and tests start them. */
export async function applySchedules(client: Client, policy: ResolvedPolicy): Promise<void> {
  const { organization } = policy;
  const desired = desiredSchedules(policy).filter(({ recurring }) => recurring.workflowType !== 'health');
  const live = await liveSchedules(
    client,
    organization,
    desired.map(({ id }) => id),
  );
  const applied = await applyChanges(client, diffSchedules(desired, live, organization), organization);
  const failed = applied.find(({ outcome }) => outcome === 'failed');
  if (failed !== undefined) throw failed.error ?? new Error(`${failed.id} was not applied`);
}
