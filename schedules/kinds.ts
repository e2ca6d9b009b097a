import type { ResolvedPlan, ResolvedPolicy, ScheduleSettings } from '../policy/resolved.ts';
import { formatDuration } from '../policy/units.ts';
import { workflowTypes } from '../workflows/contract.ts';
import type { AirgapInput } from '../workflows/contract-airgap.ts';
import type { ChecksInput } from '../workflows/contract-checks.ts';
import type { RetainedPlan } from '../workflows/contract-retention.ts';
import { checksInputOf, checksOf } from './kinds-checks.ts';
import { drillsOf } from './kinds-drill.ts';
import { refreshesOf } from './kinds-refresh.ts';
import { restoreTestOf } from './kinds-restore-test.ts';
import { runbookChecksOf } from './kinds-runbook.ts';

/** Every schedule of ours has an id that starts so. */
export const schedulePrefix = 'holdfast/';

/** Seconds that a run may take beyond its deadline, to clean up and to say what became of it. */
const afterDeadline = 15 * 60;

/** Seconds that a retention run may wait for a person who confirms what shorter rules would expire. */
const confirmation = 8 * 86_400;

/** What the policy wants to be started again and again. */
export type Recurring = {
  /** The id of its workflows, to which a Schedule adds the nominal time; the Schedule's own id is made of it. */
  workflowId: string;
  workflowType: string;
  zone: string;
  timezone: string;
  settings: ScheduleSettings;
  /** Seconds after which Temporal ends a run. */
  timeLimit: number;
  /** The one argument of the workflow. */
  input: object;
  attributes: Record<string, string>;
  /** The Web UI's one line on a run. */
  summary: string;
  /** What it does, for `plan`. */
  about: string;
  /** What lists of its runs show, where its input alone does not. */
  memo?: Record<string, string>;
};

/** The id of a plan's backup workflows; a schedule adds the nominal time to it. */
export const backupWorkflowId = (plan: string): string => `backup/${plan}`;

/** The id of a plan's retention workflows. */
export const retentionWorkflowId = (plan: string): string => `retention/${plan}`;

/** The id of the workflows that fill an air-gapped repository. */
export const airgapWorkflowId = (repository: string): string => `airgap/${repository}`;

/** The id of a plan's backup schedule. */
export const backupScheduleId = (plan: string): string => `${schedulePrefix}${backupWorkflowId(plan)}`;

/** Everything that a policy wants to be started again and again. */
export function recurringOf(policy: ResolvedPolicy): Recurring[] {
  return [...workOf(policy), ...checksOf(policy, checksInput(policy))];
}

/** What the checks need to know of a policy. */
export function checksInput(policy: ResolvedPolicy): ChecksInput {
  return checksInputOf(policy, workOf(policy));
}

/** All but the checks, which look after it. */
function workOf(policy: ResolvedPolicy): Recurring[] {
  const plans = Object.values(policy.plans);
  return [
    ...plans.flatMap((plan) => [backupOf(plan), ...retentionOf(plan), ...restoreTestOf(plan)]),
    ...airgapsOf(policy),
    ...refreshesOf(policy),
    ...runbookChecksOf(policy),
    ...drillsOf(policy),
  ];
}

/** A plan's backups. */
export function backupOf(plan: ResolvedPlan): Recurring {
  const into = plan.copies.map((copy) => copy.name).join(', ');
  return {
    workflowId: backupWorkflowId(plan.name),
    workflowType: workflowTypes.backup,
    zone: plan.source.zone,
    timezone: plan.timezone,
    settings: plan.schedule,
    timeLimit: plan.schedule.deadline + afterDeadline,
    input: { plan },
    attributes: attributesOf(plan, workflowTypes.backup),
    summary: `Backup of ${plan.source.name} by plan ${plan.name} into ${into}`,
    about: `${plan.source.name} into ${into}`,
  };
}

/** A plan's retention; none where the policy keeps its backups for ever. */
export function retentionOf(plan: ResolvedPlan): Recurring[] {
  const { retention } = plan;
  if (retention === undefined) return [];
  return [
    {
      workflowId: retentionWorkflowId(plan.name),
      workflowType: workflowTypes.retention,
      zone: plan.source.zone,
      timezone: plan.timezone,
      settings: retention.schedule,
      timeLimit: retention.schedule.deadline + confirmation,
      input: { plan, mode: 'run' },
      attributes: attributesOf(plan, workflowTypes.retention),
      summary: `Retention of plan ${plan.name} by ${retention.name}`,
      about: `promotes and expires ${plan.source.name} by ${retention.name}`,
    },
  ];
}

function airgapsOf(policy: ResolvedPolicy): Recurring[] {
  return Object.values(policy.repositories).flatMap((repository) => {
    const { manual } = repository;
    const input = airgapInput(policy, repository.name);
    if (manual === undefined || input === null) return [];
    return [
      {
        workflowId: airgapWorkflowId(repository.name),
        workflowType: workflowTypes.airgap,
        zone: repository.zone,
        timezone: policy.timezone,
        settings: manual.schedule,
        timeLimit: 2 * manual.patience + manual.schedule.deadline + afterDeadline,
        input,
        attributes: { HoldfastKind: workflowTypes.airgap },
        summary: `Copies into ${repository.name}, once ${manual.role} has attached it`,
        about: `asks ${manual.role} to attach ${repository.name}, for ${formatDuration(manual.patience)} at most`,
      },
    ];
  });
}

/** What fills an air-gapped repository: the plans that name it; null when none does. */
export function airgapInput(policy: ResolvedPolicy, name: string): AirgapInput | null {
  const repository = policy.repositories[name];
  const plans = Object.values(policy.plans).filter((plan) =>
    plan.airgapped?.some((each) => each.name === name),
  );
  if (repository?.manual === undefined || plans.length === 0) return null;
  return {
    organization: policy.organization,
    policyHash: policy.hash,
    repository,
    manual: repository.manual,
    plans: plans.map((plan) => ({
      plan: plan.name,
      source: plan.source.name,
      from: plan.copies,
      ...retainedOf(plan),
    })),
    signers: policy.signers,
    people: policy.people,
    alertZone: policy.checks.zone,
    ...(policy.audit === undefined ? {} : { audit: policy.audit }),
  };
}

/** What lets go of a plan's backups; its own schedules are no matter of the repository. */
function retainedOf(plan: ResolvedPlan): { retained?: RetainedPlan } {
  const { name, timezone, copies, airgapped, siblings, retention, source } = plan;
  if (retention === undefined) return {};
  const { rules, storage } = retention;
  return {
    retained: {
      name,
      timezone,
      copies,
      source: { name: source.name, zone: source.zone },
      retention: { rules, storage },
      ...(airgapped === undefined ? {} : { airgapped }),
      ...(siblings === undefined ? {} : { siblings }),
    },
  };
}

/** The search attributes of a plan's schedules and of their runs. */
export function attributesOf(plan: ResolvedPlan, kind: string): Record<string, string> {
  return { HoldfastPlan: plan.name, HoldfastSource: plan.source.name, HoldfastKind: kind };
}

/** What the policy said of a schedule's pause when it was last applied, from its workflow's argument. */
export function appliedPause(workflowType: string, input: unknown): boolean | null {
  const settings: Record<string, string[]> = {
    [workflowTypes.backup]: ['plan', 'schedule', 'paused'],
    [workflowTypes.retention]: ['plan', 'retention', 'schedule', 'paused'],
    [workflowTypes.airgap]: ['manual', 'schedule', 'paused'],
    [workflowTypes.refresh]: ['refresh', 'schedule', 'paused'],
    [workflowTypes.restoreTest]: ['test', 'schedule', 'paused'],
    [workflowTypes.health]: ['checks', 'health', 'paused'],
    [workflowTypes.copiesCheck]: ['checks', 'copies', 'paused'],
    [workflowTypes.runbookCheck]: ['runbook', 'preflight', 'paused'],
    [workflowTypes.failover]: ['drill', 'schedule', 'paused'],
    [workflowTypes.drillWatch]: ['schedule', 'paused'],
  };
  let found: unknown = input;
  for (const key of settings[workflowType] ?? []) found = isRecord(found) ? found[key] : undefined;
  return typeof found === 'boolean' ? found : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
