import { lookUp } from '../policy/lookup.ts';
import type { ResolvedPlan, SecretRef } from '../policy/resolved.ts';
import type { ResolvedCommunication, ResolvedMessage } from '../policy/resolved-communication.ts';
import type { PostgresTarget, ResolvedStep } from '../policy/resolved-failover.ts';
import type { PolicyCommand, UrlRef } from '../policy/resolved-proof.ts';

/** A secret that something needs: what it is, and where it is found. */
export type NeededSecret = { what: string; ref: SecretRef };

/** What a step needs where it is done, but for the keys of backups. */
export function secretsOf(step: ResolvedStep): NeededSecret[] {
  switch (step.do) {
    case 'approve':
    case 'manual':
    case 'wait':
    case 'notify':
    case 'communicate':
    case 'http.check':
    case 'backups.verify':
      return [];
    case 'command':
      return [step.command, step.check, step.undo].flatMap((command) => ofCommand(command));
    case 'postgres.recover':
      return ofTarget(step.standby);
    case 'postgres.fence':
      return [
        ...ofTarget(step.target),
        ...ofCommand(step.target.stop),
        ...ofCommand(step.target.cutOff?.command),
      ];
    case 'restore':
    case 'postgres.promote':
    case 'sql.check':
      return ofTarget(step.target);
    case 'postgres.standby':
      return [...ofTarget(step.target), ...ofTarget(step.primary)];
    case 'dns.update': {
      const { tsig } = step.of.server;
      return tsig === undefined ? [] : [{ what: `the TSIG key ${tsig.key}`, ref: tsig.secret }];
    }
    case 'kubectl':
      return step.kubeconfig === undefined ? [] : [{ what: 'a kubeconfig', ref: step.kubeconfig }];
  }
}

/** Whose backups a step uses; those that are only verified need their key as much as those that are restored. */
export function plansOf(step: ResolvedStep): ResolvedPlan[] {
  if (step.do === 'backups.verify') return step.plans;
  return step.do === 'restore' || step.do === 'postgres.recover' ? [step.plan] : [];
}

/** The keys of those backups, where the zone of the step opens them. */
export function keySecretsOf(step: ResolvedStep): NeededSecret[] {
  return plansOf(step).flatMap(({ key }) => {
    const ref = lookUp(key.kind === 'gpg' ? key.opens : key.passphrase, step.zone);
    return ref === undefined ? [] : [{ what: `the key ${key.name}`, ref }];
  });
}

/** What the channel of a message needs where it is sent; nothing where people copy it. */
export function secretsOfMessage(
  { channel }: ResolvedMessage,
  communication: ResolvedCommunication | undefined,
): NeededSecret[] {
  const found = communication?.rules.channels.find(({ name }) => name === channel);
  if (found === undefined) return [];
  const named = (what: string, ref: UrlRef | undefined): NeededSecret[] =>
    ref === undefined || 'url' in ref ? [] : [{ what: `the ${what} of the channel ${found.name}`, ref }];
  if (found.kind === 'email') return named('mail password', communication?.rules.mail?.password);
  return [...named('URL', found.url), ...(found.kind === 'webhook' ? named('secret', found.secret) : [])];
}

const ofCommand = (command: PolicyCommand | undefined): NeededSecret[] =>
  Object.entries(command?.secrets ?? {}).map(([name, ref]) => ({ what: `the variable ${name}`, ref }));

function ofTarget({ name, user, password, replication }: PostgresTarget): NeededSecret[] {
  return [
    ...(password === undefined ? [] : [{ what: `the password of ${user} on ${name}`, ref: password }]),
    ...(replication?.password === undefined
      ? []
      : [{ what: `the password of ${replication.user} on ${name}`, ref: replication.password }]),
  ];
}
