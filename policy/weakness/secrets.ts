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

function secretsOfChannels({ notifications: { mail, channels }, checks: { zone } }: ResolvedPolicy) {
  return [
    ...at(['notifications', 'mail', 'password'], zone, mail?.password),
    ...channels.flatMap((channel) => {
      const path = ['notifications', 'channels', channel.name];
      if (channel.kind === 'email') return [];
      const signing = channel.kind === 'webhook' ? channel.secret : undefined;
      return [...ofUrl([...path, 'url'], zone, channel.url), ...at([...path, 'secret'], zone, signing)];
    }),
  ];
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
