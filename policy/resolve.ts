import { HoldfastError } from './errors.ts';
import type { PublicKeys } from './key-files.ts';
import { lookUp } from './lookup.ts';
import { resolveRepository } from './resolve-repository.ts';
import type {
  DeletionRule,
  ResolvedKey,
  ResolvedPlan,
  ResolvedPolicy,
  ResolvedSource,
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
  const placeOf = (zone: string) => defined(zones, zone);
  const sources = mapValues(policy.sources, (source, name) => resolveSource(name, source));
  const signers = Object.entries(publicKeys.signers).map(
    ([name, publicKey]): Signer => ({ name, publicKey }),
  );
  const signingKeys = signingKeysOf(policy.zones);
  const common = { organization: policy.organization, timezone: policy.timezone };
  const inlined: Inlined = {
    placeOf,
    signers,
    signingKeys,
    source: (name) => defined(sources, name),
    key: (name) => resolveKey(name, defined(policy.keys, name), lookUp(publicKeys.recipients, name) ?? []),
  };
  return {
    ...common,
    hash,
    zones,
    repositories: mapValues(policy.repositories, (repository, name) =>
      resolveRepository(name, repository, placeOf(repository.zone), undefined),
    ),
    sources,
    signers,
    signingKeys,
    plans: mapValues(policy.plans, (_plan, name) => ({
      ...common,
      ...resolvePlan(name, policy, inlined),
      policyHash: hash,
    })),
    people: [],
    deletion: defaultDeletion,
    secondFactor: [],
  };
}

/** What a deletion needs where the policy says nothing. */
const defaultDeletion: DeletionRule = {
  approvals: 2,
  role: 'approver',
  delay: 86_400,
  expires: 7 * 86_400,
  signatures: 'signed',
  secondFactor: false,
};

type Inlined = {
  placeOf(zone: string): ResolvedPolicy['zones'][string];
  signers: Signer[];
  signingKeys: Record<string, SecretRef>;
  source(name: string): ResolvedSource;
  key(name: string): ResolvedKey;
};

function resolvePlan(
  name: string,
  policy: Policy,
  inlined: Inlined,
): Omit<ResolvedPlan, 'organization' | 'timezone' | 'policyHash'> {
  const plan = defined(policy.plans, name);
  const source = inlined.source(plan.source);
  const tierName = defined(policy.sources, plan.source).tier;
  const daily = plan.retention === undefined ? undefined : defined(policy.retention, plan.retention).daily;
  const copies = plan.copies.map((copy) => {
    const repository = defined(policy.repositories, copy);
    return resolveRepository(copy, repository, inlined.placeOf(repository.zone), daily);
  });
  const zones = new Set([source.zone, ...copies.map((copy) => copy.zone)]);
  const recent = plan.restoreTest?.recent;
  return {
    format: 1,
    name,
    source: plan.fingerprint === undefined ? source : { ...source, fingerprint: plan.fingerprint },
    key: inlined.key(plan.key),
    copies,
    signers: inlined.signers,
    signingKeys: Object.fromEntries(Object.entries(inlined.signingKeys).filter(([zone]) => zones.has(zone))),
    ...(tierName === undefined ? {} : { tier: { name: tierName, ...defined(policy.tiers, tierName) } }),
    schedule: plan.schedule,
    stall: plan.stall,
    ...(recent === undefined ? {} : { recent }),
  };
}

function resolveSource(name: string, source: Written<'sources'>): ResolvedSource {
  const { tier: _tier, ssl, password, ...same } = source;
  return {
    ...same,
    name,
    ssl: resolveSsl(source.host, ssl),
    ...(password === undefined ? {} : { password }),
  };
}

/** A connection that leaves the host is verified unless the policy says otherwise; one that doesn't needs no TLS. */
function resolveSsl(host: string, ssl: Written<'sources'>['ssl']): ResolvedSource['ssl'] {
  if (ssl === undefined) return { mode: isLocalHost(host) ? 'prefer' : 'verify-full' };
  if (typeof ssl === 'string') return { mode: ssl };
  const { mode, rootCertificate } = ssl;
  return rootCertificate === undefined ? { mode } : { mode, rootCertificate };
}

/** Whether a host is this machine: a name for loopback, or the directory of a unix socket. */
export function isLocalHost(host: string): boolean {
  return ['localhost', '127.0.0.1', '::1'].includes(host) || host.startsWith('/');
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
