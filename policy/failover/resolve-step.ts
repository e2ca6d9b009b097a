import { isIP } from 'node:net';
import { HoldfastError } from '../errors.ts';
import { lookUp } from '../lookup.ts';
import { resolveMessage } from '../resolve-communication.ts';
import type { ResolvedPlan } from '../resolved.ts';
import type { ResolvedMessage } from '../resolved-communication.ts';
import type {
  DnsRecord,
  DrilledStandby,
  KubernetesDeed,
  NameServer,
  PostgresTarget,
  RecoveryPhase,
  ResolvedStep,
  StepAction,
  StepCommon,
} from '../resolved-failover.ts';
import type { Policy } from '../schema.ts';
import { allNeedsOf } from './order.ts';
import { roleOf } from './people.ts';
import { withoutLost } from './without-lost.ts';
import {
  isApproved,
  nameServerFor,
  stepsOf,
  type WrittenRunbook,
  type WrittenStep,
  zoneOfStep,
} from './written.ts';

/** What the names in a step lead to. */
export type StepReferences = {
  runbook: WrittenRunbook;
  policy: Policy;
  targets: Record<string, PostgresTarget>;
  nameServers: Record<string, NameServer>;
  plans: Record<string, ResolvedPlan>;
};

type Written<Name extends WrittenStep['do']> = Extract<WrittenStep, { do: Name }>;

const phases: Record<WrittenStep['do'], RecoveryPhase> = {
  approve: 'assess',
  'backups.verify': 'assess',
  manual: 'execute',
  wait: 'execute',
  notify: 'prepare',
  communicate: 'prepare',
  'postgres.fence': 'prepare',
  'postgres.promote': 'execute',
  'postgres.recover': 'execute',
  restore: 'execute',
  'dns.update': 'execute',
  command: 'execute',
  kubectl: 'execute',
  'http.check': 'validate',
  'sql.check': 'validate',
  'postgres.standby': 'return',
};

const hour = 3600;

/** Seconds that the doing may take where the step does not say; those of a wait and of checks follow from their own. */
const timeouts: Record<WrittenStep['do'], number> = {
  approve: 24 * hour,
  manual: 24 * hour,
  wait: 60,
  notify: 60,
  communicate: 900,
  command: 600,
  'backups.verify': 2 * hour,
  restore: 12 * hour,
  'postgres.recover': 12 * hour,
  'postgres.fence': 600,
  'postgres.promote': 900,
  'postgres.standby': 12 * hour,
  'dns.update': 900,
  'http.check': 60,
  'sql.check': 60,
  kubectl: 900,
};

/** A step with everything that it names in place, and defaults for what it does not say. */
export function resolveStep(step: WrittenStep, references: StepReferences): ResolvedStep {
  const { runbook, policy } = references;
  const role = roleOf(step, runbook, policy.communication);
  const approvals = 'approvals' in step ? step.approvals : undefined;
  const common: StepCommon = {
    id: step.id,
    phase: step.phase ?? phaseOf(step, policy),
    role,
    needs: step.needs,
    zone: zoneOfStep(step, runbook, policy) ?? '',
    approve: step.do === 'communicate' || (step.do !== 'approve' && isApproved(step)),
    ...(approvals === undefined || approvals === 1 ? {} : { approvals }),
    say: step.say ?? '',
    timeout: step.timeout ?? timeouts[step.do] + ownTime(step),
    remind: step.remind,
    ...(step.escalate === undefined ? {} : { escalate: step.escalate }),
  };
  return { ...common, ...actionOf(step, common, references) };
}

function phaseOf(step: WrittenStep, policy: Policy): RecoveryPhase {
  const closes = step.do === 'communicate' && messageOf(step, policy).moment === 'close';
  return closes ? 'validate' : phases[step.do];
}

function messageOf({ message }: Written<'communicate'>, { communication }: Policy): ResolvedMessage {
  const known = communication === undefined ? undefined : resolveMessage(communication, message);
  if (known === undefined) throw unchecked();
  return known;
}

function ownTime(step: WrittenStep): number {
  if (step.do === 'wait') return step.for;
  return 'within' in step ? step.within : 0;
}

function actionOf(step: WrittenStep, { role, timeout }: StepCommon, references: StepReferences): StepAction {
  switch (step.do) {
    case 'approve':
    case 'manual':
      return { do: step.do };
    case 'wait':
      return { do: 'wait', seconds: step.for };
    case 'notify':
      return { do: 'notify', severity: step.severity, roles: step.roles ?? [role] };
    case 'communicate':
      return { do: 'communicate', message: { ...messageOf(step, references.policy), role } };
    case 'command':
      return commandOf(step, timeout);
    case 'kubectl':
      return kubectlOf(step);
    case 'http.check':
      return httpOf(step);
    case 'dns.update':
      return dnsOf(step, references);
    case 'backups.verify':
    case 'restore':
    case 'postgres.recover':
      return backupsOf(step, references);
    default:
      return databaseOf(step, references);
  }
}

function commandOf({ run, secrets, drill, check, undo }: Written<'command'>, timeout: number): StepAction {
  return {
    do: 'command',
    command: { run, timeout, secrets },
    ...(drill === undefined ? {} : { drill }),
    ...(check === undefined ? {} : { check }),
    ...(undo === undefined ? {} : { undo }),
  };
}

function kubectlOf(step: Written<'kubectl'>): StepAction {
  const { context, kubeconfig, drill } = step;
  return {
    do: 'kubectl',
    deed: deedOf(step),
    ...(context === undefined ? {} : { context }),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(drill === undefined ? {} : { drill }),
  };
}

function deedOf({ apply, scale, rollout }: Written<'kubectl'>): KubernetesDeed {
  if (apply !== undefined) return { verb: 'apply', ...apply };
  if (scale !== undefined) return { verb: 'scale', ...scale };
  if (rollout !== undefined) return { verb: 'rollout', ...rollout };
  throw unchecked();
}

function httpOf({ url, status, contains, within, drill }: Written<'http.check'>): StepAction {
  return {
    do: 'http.check',
    ...{ url, status, within },
    ...(contains === undefined ? {} : { contains }),
    ...(drill === undefined ? {} : { drill: drill.url }),
  };
}

function dnsOf(step: Written<'dns.update'>, { policy, nameServers }: StepReferences): StepAction {
  const type = step.type ?? recordType(step.value);
  const recordOf = (written: { server?: string | undefined; record: string }): DnsRecord => ({
    server: found(nameServers, nameServerFor(written, policy.nameServers)),
    record: written.record,
    type,
  });
  return {
    do: 'dns.update',
    of: recordOf(step),
    value: step.value,
    ttl: step.ttl,
    ...(step.drill === undefined ? {} : { drill: recordOf(step.drill) }),
  };
}

/** The type of a record that holds this value. */
export function recordType(value: string): DnsRecord['type'] {
  const version = isIP(value);
  if (version === 0) return 'CNAME';
  return version === 4 ? 'A' : 'AAAA';
}

function backupsOf(
  step: Written<'backups.verify' | 'restore' | 'postgres.recover'>,
  { runbook, plans, targets }: StepReferences,
): StepAction {
  const planOf = (name: string) => withoutLost(found(plans, name), runbook.lost);
  if (step.do === 'backups.verify')
    return { do: step.do, plans: step.plans.map(planOf), tested: step.tested };
  const plan = planOf(step.plan);
  const database = step.database ?? plan.source.database;
  if (step.do === 'restore') {
    const drill = step.drill === undefined ? {} : { drill: found(targets, step.drill.target) };
    return { do: step.do, plan, target: found(targets, step.target), database, ...drill };
  }
  const standby = found(targets, step.standby);
  return { do: step.do, plan, standby, database, ...drilledStandby(step, runbook, targets) };
}

function databaseOf(
  step: Written<'postgres.fence' | 'postgres.promote' | 'postgres.standby' | 'sql.check'>,
  { runbook, targets }: StepReferences,
): StepAction {
  const target = found(targets, step.target);
  if (step.do === 'postgres.standby') {
    const { drill } = step;
    const instead =
      drill === undefined
        ? {}
        : { drill: { target: found(targets, drill.target), primary: found(targets, drill.primary) } };
    return { do: step.do, target, primary: found(targets, step.primary), ...instead };
  }
  if (step.do === 'postgres.promote') {
    const primary =
      step.primary ?? fencedBefore(step, runbook, (fence) => otherThan(step.target, fence.target));
    return {
      do: step.do,
      target,
      ...(primary === undefined ? {} : { primary: found(targets, primary) }),
      ...drilledStandby(step, runbook, targets),
    };
  }
  const drill = step.drill === undefined ? {} : { drill: found(targets, step.drill.target) };
  if (step.do === 'postgres.fence') return { do: step.do, target, ...drill };
  return { do: step.do, target, queries: step.queries, within: step.within, ...drill };
}

/** What a drill promotes, and what that follows again afterwards. */
function drilledStandby(
  step: Written<'postgres.promote' | 'postgres.recover'>,
  runbook: WrittenRunbook,
  targets: Record<string, PostgresTarget>,
): DrilledStandby {
  const { drill } = step;
  if (drill === undefined) return {};
  const primary =
    drill.primary ?? fencedBefore(step, runbook, (fence) => otherThan(drill.target, fence.drill?.target));
  return {
    drill: found(targets, drill.target),
    ...(primary === undefined ? {} : { drillPrimary: found(targets, primary) }),
  };
}

const otherThan = (server: string, other: string | undefined): string | undefined =>
  other === server ? undefined : other;

/** The one server that is fenced before a step; undefined when that is none or several. */
function fencedBefore(
  step: WrittenStep,
  runbook: WrittenRunbook,
  serverOf: (fence: Written<'postgres.fence'>) => string | undefined,
): string | undefined {
  const steps = stepsOf(runbook);
  const needs = allNeedsOf(step, new Map(steps.map((each) => [each.id, each])));
  const fenced = steps.flatMap((each) =>
    each.do === 'postgres.fence' && needs.has(each.id) ? (serverOf(each) ?? []) : [],
  );
  return new Set(fenced).size === 1 ? fenced[0] : undefined;
}

function found<T>(record: Readonly<Record<string, T>>, name: string | undefined): T {
  const value = name === undefined ? undefined : lookUp(record, name);
  if (value === undefined) throw unchecked();
  return value;
}

function unchecked(): HoldfastError {
  return new HoldfastError('bad-policy', 'A runbook of the policy was resolved before it was checked.');
}
