import type { ResolvedPolicy } from '../policy/resolved.ts';
import type { ResolvedRefresh } from '../policy/resolved-proof.ts';
import { workflowTypes } from '../workflows/contract.ts';
import type { RefreshInput } from '../workflows/contract-refresh.ts';
import type { Recurring } from './kinds.ts';

/** The id of the workflows that make a development database anew. */
export const refreshWorkflowId = (name: string): string => `refresh/${name}`;

/** The refreshes of a policy that have a schedule. */
export function refreshesOf(policy: ResolvedPolicy): Recurring[] {
  return Object.values(policy.refreshes).flatMap((refresh) => {
    const { schedule, name, server, database, plan } = refresh;
    if (schedule === undefined) return [];
    return [
      {
        workflowId: refreshWorkflowId(name),
        workflowType: workflowTypes.refresh,
        zone: server.zone,
        timezone: policy.timezone,
        settings: schedule,
        timeLimit: schedule.deadline,
        input: refreshInput(policy, refresh),
        attributes: refreshAttributes(refresh),
        summary: `Refresh ${name}: ${database} on ${server.name} from the newest backup of ${plan}, masked`,
        about: `makes ${database} on ${server.name} anew from ${plan}, trimmed and masked`,
      },
    ];
  });
}

/** What a refresh is started with: all that the policy says of it, so that no worker needs the policy. */
export function refreshInput(policy: ResolvedPolicy, refresh: ResolvedRefresh): RefreshInput {
  const after = refresh.then === undefined ? undefined : policy.plans[refresh.then];
  return {
    refresh,
    ...(after === undefined ? {} : { followedBy: after }),
    ...(policy.audit === undefined ? {} : { audit: policy.audit }),
    signingKeys: policy.signingKeys,
    alertZone: policy.checks.zone,
  };
}

/** The search attributes of a refresh's schedule and of its runs. */
export function refreshAttributes({ plan, source }: ResolvedRefresh): Record<string, string> {
  return { HoldfastPlan: plan, HoldfastSource: source, HoldfastKind: workflowTypes.refresh };
}
