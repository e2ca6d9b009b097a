import { placedSteps, zoneOfStep } from '../failover/written.ts';
import type { DataPath } from '../problem.ts';
import type { ResolvedPolicy, SecretRef } from '../resolved.ts';
import type { PolicyCommand, UrlRef } from '../resolved-proof.ts';
import type { Policy } from '../schema.ts';
import type { Weighed } from './weakness.ts';

/** Where a policy says that a secret is found, and the zone whose workers read it. */
export type SecretPlace = { path: DataPath; zone: string; ref: SecretRef };

type Repository = Policy['repositories'][string];

/** Every secret that a policy names. */
export function secretsOf({ written, resolved }: Weighed): SecretPlace[] {
  return [
    ...Object.entries(written.zones).flatMap(([zone, { signingKey }]) =>
      at(['zones', zone, 'signingKey'], zone, signingKey),
    ),
    ...Object.entries(written.keys).flatMap(([name, key]) =>
      'gpg' in key
        ? byZone(['keys', name, 'gpg', 'opens'], key.gpg.opens ?? {})
        : byZone(['keys', name, 'passphrase'], key.passphrase),
    ),
    ...Object.entries(written.repositories).flatMap(([name, repository]) =>
      credentialsOf(repository).map(({ key, ref }) => ({
        path: ['repositories', name, key],
        zone: repository.zone,
        ref,
      })),
    ),
    ...Object.entries(written.scratchServers).flatMap(([name, { zone, password }]) =>
      at(['scratchServers', name, 'password'], zone, password),
    ),
    ...secretsOfSources(written),
    ...secretsOfPlans(resolved),
    ...secretsOfChannels(resolved),
    ...secretsOfTargets(written),
    ...secretsOfRunbooks(written),
  ];
}

/** The credentials of a repository: the everyday ones first. */
export function credentialsOf(repository: Repository): { key: string; ref: SecretRef }[] {
  if (repository.kind === 'filesystem') return [];
  return (['credentials', 'deleteCredentials'] as const).flatMap((key) => {
    const ref = repository[key];
    return ref === undefined ? [] : [{ key, ref }];
  });
}

function secretsOfSources({ sources }: Policy): SecretPlace[] {
  return Object.entries(sources).flatMap(([name, { zone, password, switch: rule }]) => [
    ...at(['sources', name, 'password'], zone, password),
    ...at(['sources', name, 'switch', 'password'], zone, rule?.password),
    ...ofCommand(['sources', name, 'switch', 'quiesce'], zone, rule?.quiesce),
    ...ofCommand(['sources', name, 'switch', 'resume'], zone, rule?.resume),
  ]);
}

function secretsOfPlans({ plans }: ResolvedPolicy): SecretPlace[] {
  return Object.values(plans).flatMap(({ name, source, ping, restoreTest }) => [
    ...ofUrl(['plans', name, 'ping', 'url'], source.zone, ping?.url),
    ...ofCommand(['plans', name, 'restoreTest', 'command'], restoreTest?.zone ?? '', restoreTest?.command),
  ]);
}

function secretsOfChannels({ notifications: { mail, channels }, checks: { zone, health } }: ResolvedPolicy) {
  return [
    ...ofUrl(['checks', 'health', 'ping', 'url'], zone, health.ping?.url),
    ...at(['notifications', 'mail', 'password'], zone, mail?.password),
    ...channels.flatMap((channel) => {
      const path = ['notifications', 'channels', channel.name];
      if (channel.kind === 'email') return [];
      const signing = channel.kind === 'webhook' ? channel.secret : undefined;
      return [...ofUrl([...path, 'url'], zone, channel.url), ...at([...path, 'secret'], zone, signing)];
    }),
  ];
}

function secretsOfTargets({ targets, nameServers }: Policy): SecretPlace[] {
  return [
    ...Object.entries(targets).flatMap(([name, { zone, password, replication, stop, start, cutOff }]) => [
      ...at(['targets', name, 'password'], zone, password),
      ...at(['targets', name, 'replication', 'password'], zone, replication?.password),
      ...ofCommand(['targets', name, 'stop'], zone, stop),
      ...ofCommand(['targets', name, 'start'], zone, start),
      ...ofCommand(['targets', name, 'cutOff', 'command'], cutOff?.zone ?? zone, cutOff?.command),
      ...ofCommand(['targets', name, 'cutOff', 'undo'], cutOff?.zone ?? zone, cutOff?.undo),
    ]),
    ...Object.entries(nameServers).flatMap(([name, { zone, tsig }]) =>
      at(['nameServers', name, 'tsig', 'secret'], zone, tsig?.secret),
    ),
  ];
}

function secretsOfRunbooks(written: Policy): SecretPlace[] {
  return Object.entries(written.runbooks).flatMap(([name, runbook]) =>
    placedSteps(name, runbook).flatMap(({ step, at: path }) => {
      const zone = zoneOfStep(step, runbook, written) ?? '';
      if (step.do === 'kubectl') return at([...path, 'kubeconfig'], zone, step.kubeconfig);
      if (step.do !== 'command') return [];
      return [
        ...Object.entries(step.secrets).flatMap(([key, ref]) => at([...path, 'secrets', key], zone, ref)),
        ...ofCommand([...path, 'drill'], zone, step.drill),
        ...ofCommand([...path, 'check'], zone, step.check),
        ...ofCommand([...path, 'undo'], zone, step.undo),
      ];
    }),
  );
}

function at(path: DataPath, zone: string, ref: SecretRef | undefined): SecretPlace[] {
  return ref === undefined ? [] : [{ path, zone, ref }];
}

function ofUrl(path: DataPath, zone: string, ref: UrlRef | undefined): SecretPlace[] {
  return ref === undefined || 'url' in ref ? [] : [{ path, zone, ref }];
}

function ofCommand(path: DataPath, zone: string, command: PolicyCommand | undefined): SecretPlace[] {
  return Object.entries(command?.secrets ?? {}).map(([name, ref]) => ({
    path: [...path, 'secrets', name],
    zone,
    ref,
  }));
}

function byZone(path: DataPath, refs: Record<string, SecretRef>): SecretPlace[] {
  return Object.entries(refs).map(([zone, ref]) => ({ path: [...path, zone], zone, ref }));
}
