import { HoldfastError } from './errors.ts';
import { resolveRunbooks } from './failover/resolve.ts';
import { auditLockFor, lockFor } from './keeping.ts';
import type { PublicKeys } from './key-files.ts';
import { lookUp } from './lookup.ts';
import { resolveCommunication, resolveDisasters } from './resolve-communication.ts';
import { resolveDeletion, resolvePeople, withHardwareKey } from './resolve-people.ts';
import { type Inlined, resolvePlan } from './resolve-plan.ts';
import { resolveChecks, resolveNotifications, resolvePrices } from './resolve-proof.ts';
import { resolveRepository } from './resolve-repository.ts';
import { resolveRefresh } from './resolve-restore-test.ts';
import { rulesOf } from './resolve-retention.ts';
import { resolveServer, resolveSource } from './resolve-server.ts';
import { resolveServices } from './resolve-services.ts';
import type {
  AuditTarget,
  Place,
  ResolvedKey,
  ResolvedPolicy,
  ResolvedRepository,
  SecretRef,
  Signer,
} from './resolved.ts';
import type { Policy } from './schema.ts';

type Written<Section extends keyof Policy> =
  Policy[Section] extends Record<string, infer Entry> ? Entry : never;

/**
 * Inlines every reference, so that each plan is whole by itself. Takes a policy whose references were checked.
 *
 * @param hash SHA-256 of the policy file, in hex.
 */
export function resolvePolicy(policy: Policy, publicKeys: PublicKeys, hash: string): ResolvedPolicy {
  const zones = mapValues(policy.zones, (zone, name) => ({
    zone: name,
    region: zone.region,
    site: zone.site,
  }));
  const sources = mapValues(policy.sources, (source, name) => resolveSource(name, source));
  const signers = Object.entries(publicKeys.signers).map(
    ([name, publicKey]): Signer => ({ name, publicKey }),
  );
  const signingKeys = signingKeysOf(policy.zones);
  const common = { organization: policy.organization, timezone: policy.timezone };
  const repository = repositoriesOf(policy, zones);
  const repositories = mapValues(policy.repositories, (_written, name) =>
    repository(name, lockFor(undefined)),
  );
  const people = resolvePeople(policy.people, publicKeys);
  const secondFactor = policy.secondFactor ?? [];
  const checks = resolveChecks(policy);
  const notifications = resolveNotifications(policy.notifications, people);
  const audit = auditOf(policy, repositories, signingKeys);
  const recorded = audit === undefined ? {} : { audit };
  const inlined: Inlined = {
    signers,
    signingKeys,
    repository,
    alertZone: checks.zone,
    source: (name) => defined(sources, name),
    key: (name) => resolveKey(name, defined(policy.keys, name), lookUp(publicKeys.recipients, name) ?? []),
    ...recorded,
    ...(secondFactor.includes('backup') ? { secondFactor: withHardwareKey(people) } : {}),
  };
  const plans = mapValues(policy.plans, (plan, name) => ({
    ...common,
    ...resolvePlan(name, plan, policy, inlined),
    policyHash: hash,
  }));
  const scratchServers = mapValues(policy.scratchServers, (server, name) => resolveServer(name, server));
  const runbooks = resolveRunbooks(policy, plans, {
    policyHash: hash,
    communication: resolveCommunication(policy, notifications),
  });
  return {
    ...common,
    hash,
    zones,
    repositories,
    sources,
    signers,
    signingKeys,
    plans,
    people,
    deletion: resolveDeletion(policy),
    ...recorded,
    secondFactor,
    scratchServers,
    refreshes: refreshesOf(policy, { zones, plans, signers, scratchServers }),
    runbooks,
    services: resolveServices(policy.services, { plans, runbooks }),
    disasters: resolveDisasters(policy),
    checks,
    notifications,
    prices: resolvePrices(policy.prices),
  };
}

/** Makes the function that resolves a repository by name; the audit log's lock follows from what it tells of. */
function repositoriesOf(policy: Policy, zones: Record<string, Place>): Inlined['repository'] {
  const auditLock = auditLockFor(Object.values(policy.retention).map(rulesOf));
  return (name, lockSeconds) => {
    const written = defined(policy.repositories, name);
    const lock = name === policy.audit?.repository ? auditLock : lockSeconds;
    return resolveRepository(name, written, defined(zones, written.zone), lock);
  };
}

function refreshesOf(
  policy: Policy,
  {
    zones,
    plans,
    signers,
    scratchServers,
  }: Pick<ResolvedPolicy, 'zones' | 'plans' | 'signers' | 'scratchServers'>,
): ResolvedPolicy['refreshes'] {
  return mapValues(policy.refreshes, (refresh, name) => {
    const server = defined(scratchServers, refresh.server);
    const place = defined(zones, server.zone);
    return resolveRefresh(name, refresh, { server, place, plan: defined(plans, refresh.plan), signers });
  });
}

function auditOf(
  { audit, organization }: Policy,
  repositories: Record<string, ResolvedRepository>,
  signingKeys: Record<string, SecretRef>,
): AuditTarget | undefined {
  if (audit === undefined) return undefined;
  const repository = defined(repositories, audit.repository);
  const witnesses = Object.values(repositories).filter(
    ({ name, manual }) => name !== repository.name && manual === undefined,
  );
  return { organization, repository, signingKeys, witnesses };
}

function resolveKey(name: string, key: Written<'keys'>, recipients: string[]): ResolvedKey {
  return 'gpg' in key
    ? { kind: 'gpg', name, recipients, opens: key.gpg.opens ?? {} }
    : { kind: 'passphrase', name, passphrase: key.passphrase };
}

function signingKeysOf(zones: Policy['zones']): Record<string, SecretRef> {
  return Object.fromEntries(
    Object.entries(zones).flatMap(([name, zone]) =>
      zone.signingKey === undefined ? [] : [[name, zone.signingKey]],
    ),
  );
}

function defined<T>(record: Readonly<Record<string, T>>, name: string): T {
  const value = lookUp(record, name);
  if (value === undefined)
    throw new HoldfastError('bad-policy', 'A reference of the policy was resolved before it was checked.');
  return value;
}

function mapValues<T, U>(
  record: Record<string, T>,
  change: (value: T, name: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]));
}
