import { intervalsOf } from '../policy/cron.ts';
import type { ResolvedPlan, ResolvedPolicy } from '../policy/resolved.ts';
import { workflowTypes } from '../workflows/contract.ts';
import type { CheckedPlan, ChecksInput } from '../workflows/contract-checks.ts';
import type { Recurring } from './kinds.ts';

/** The id of the runs that look whether all is well. */
export const healthWorkflowId = 'health';

/** The id of the runs that check the copies: three of them, two media, one elsewhere. */
export const copiesWorkflowId = 'copies';

/** Seconds after its time and jitter within which Temporal has started a run, and lists it. */
const startedWithin = 15 * 60;

/** Seconds beside those for reading copies again, to weigh them and to say what became of it. */
const besideReading = 30 * 60;

/** The checks on everything that a policy names. */
export function checksOf(policy: ResolvedPolicy, input: ChecksInput): Recurring[] {
  const { zone, health, copies } = policy.checks;
  const common = { zone, timezone: policy.timezone, input };
  const many = `${input.plans.length} ${input.plans.length === 1 ? 'plan' : 'plans'}`;
  return [
    {
      ...common,
      workflowId: healthWorkflowId,
      workflowType: workflowTypes.health,
      settings: health,
      timeLimit: health.deadline,
      attributes: { HoldfastKind: workflowTypes.health },
      summary: `Whether all is well with ${many}`,
      about: `looks from zone ${zone} whether all is well with ${many}`,
    },
    {
      ...common,
      workflowId: copiesWorkflowId,
      workflowType: workflowTypes.copiesCheck,
      settings: copies,
      timeLimit: copies.deadline + besideReading,
      attributes: { HoldfastKind: workflowTypes.copiesCheck },
      summary: `3-2-1: the copies of ${many}`,
      about: `checks from zone ${zone} whether the copies of ${many} are what the policy promises`,
    },
  ];
}

/** @param work what is to be started again and again, and is looked after */
export function checksInputOf(policy: ResolvedPolicy, work: readonly Recurring[]): ChecksInput {
  const plans = Object.values(policy.plans);
  const sources = plans.map(({ source }) => source.name);
  const shared = new Set(sources.filter((name, index) => sources.indexOf(name) !== index));
  return {
    organization: policy.organization,
    policyHash: policy.hash,
    timezone: policy.timezone,
    checks: policy.checks,
    zones: policy.zones,
    repositories: Object.values(policy.repositories),
    plans: plans.map((plan) => checkedPlan(plan, policy, shared)),
    schedules: lookedAfter(policy, work),
    keys: [...new Map(plans.map(({ key }) => [key.name, key])).values()],
    signers: policy.signers,
    signingKeys: policy.signingKeys,
    prices: policy.prices,
    notifications: policy.notifications,
    scratchServers: Object.values(policy.scratchServers),
    ...(policy.audit === undefined ? {} : { audit: policy.audit }),
  };
}

/**
 * Of the Schedule of backups more is asked; and `health` itself is there where it looks, and missed outside where it does
 * not.
 */
function lookedAfter({ checks }: ResolvedPolicy, work: readonly Recurring[]): string[] {
  const running = work.flatMap(({ workflowType, workflowId, settings }) =>
    workflowType === workflowTypes.backup || settings.paused ? [] : [workflowId],
  );
  return checks.copies.paused ? running : [...running, copiesWorkflowId];
}

function checkedPlan(
  plan: ResolvedPlan,
  { zones }: ResolvedPolicy,
  shared: ReadonlySet<string>,
): CheckedPlan {
  const { name, source, schedule, restoreTest } = plan;
  const tested = restoreTest?.schedule;
  const locks = plan.copies.flatMap((copy) =>
    copy.kind === 's3' && copy.lock !== undefined ? [[copy.name, copy.lock.for] as const] : [],
  );
  return {
    plan: name,
    source: source.name,
    zone: source.zone,
    site: zones[source.zone]?.site ?? '',
    key: plan.key.name,
    cron: schedule.cron,
    late: schedule.jitter + startedWithin,
    deadline: schedule.deadline,
    paused: schedule.paused,
    rpo: plan.tier?.rpo ?? null,
    copies: plan.copies.map((copy) => copy.name),
    ...(locks.length === 0 ? {} : { locks: Object.fromEntries(locks) }),
    airgapped: (plan.airgapped ?? []).map((copy) => copy.name),
    testInterval: tested === undefined ? null : intervalsOf(tested.cron).longest,
    shared: shared.has(source.name),
  };
}
