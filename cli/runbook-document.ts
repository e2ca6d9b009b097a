import type { ResolvedPolicy, SecretRef } from '../policy/resolved.ts';
import type { PostgresTarget, ResolvedRunbook, ResolvedStep } from '../policy/resolved-failover.ts';
import type { PolicyCommand } from '../policy/resolved-proof.ts';
import { placeOf } from '../process/index.ts';
import type { RunbookDocument } from '../reports/runbook.ts';
import { commandsOf, describeStep } from '../workflows/failover/does.ts';

/** What is printed of a runbook; nothing but the policy is asked. */
export function documentOf(
  { people }: ResolvedPolicy,
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
      say: step.say,
      does: describeStep(step, 'real'),
      inDrill: describeStep(step, 'drill'),
      commands: commandsOf(step),
      secrets: [...new Set(secretsOf(step))],
      timeout: step.timeout,
    })),
  };
}

/** What a step's commands need, and where a person finds it. */
function secretsOf(step: ResolvedStep): string[] {
  switch (step.do) {
    case 'approve':
    case 'manual':
    case 'wait':
    case 'notify':
    case 'communicate':
    case 'http.check':
      return [];
    case 'command':
      return [step.command, step.check, step.undo].flatMap((command) => ofCommand(command));
    case 'backups.verify':
      return step.plans.flatMap(({ key }) => ofKey(key, step.zone));
    case 'restore':
      return [...ofTarget(step.target), ...ofKey(step.plan.key, step.zone)];
    case 'postgres.recover':
      return [...ofTarget(step.standby), ...ofKey(step.plan.key, step.zone)];
    case 'postgres.fence':
      return [
        ...ofTarget(step.target),
        ...ofCommand(step.target.stop),
        ...ofCommand(step.target.cutOff?.command),
      ];
    case 'postgres.promote':
    case 'sql.check':
      return ofTarget(step.target);
    case 'postgres.standby':
      return [...ofTarget(step.target), ...ofTarget(step.primary)];
    case 'dns.update': {
      const { tsig } = step.of.server;
      return tsig === undefined ? [] : [told(`the TSIG key ${tsig.key}`, tsig.secret)];
    }
    case 'kubectl':
      return step.kubeconfig === undefined ? [] : [told('a kubeconfig', step.kubeconfig)];
  }
}

const told = (what: string, ref: SecretRef): string => `${what}: ${placeOf(ref)}`;

const ofCommand = (command: PolicyCommand | undefined): string[] =>
  Object.entries(command?.secrets ?? {}).map(([name, ref]) => told(`the variable ${name}`, ref));

function ofTarget({ name, user, password, replication }: PostgresTarget): string[] {
  return [
    ...(password === undefined ? [] : [told(`the password of ${user} on ${name}`, password)]),
    ...(replication?.password === undefined
      ? []
      : [told(`the password of ${replication.user} on ${name}`, replication.password)]),
  ];
}

function ofKey(key: Extract<ResolvedStep, { do: 'restore' }>['plan']['key'], zone: string): string[] {
  const ref = (key.kind === 'gpg' ? key.opens : key.passphrase)[zone];
  return ref === undefined ? [] : [told(`the key ${key.name}`, ref)];
}
