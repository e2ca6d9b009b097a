import { lockFor } from './keeping.ts';
import { lookUp } from './lookup.ts';
import { resolvePing } from './resolve-proof.ts';
import { resolveRestoreTest } from './resolve-restore-test.ts';
import { resolveRetention } from './resolve-retention.ts';
import type {
  AuditTarget,
  Person,
  ResolvedKey,
  ResolvedPlan,
  ResolvedRepository,
  ResolvedRetention,
  ResolvedSource,
  SecretRef,
  Signer,
} from './resolved.ts';
import type { Policy } from './schema.ts';

/** What the references of a plan lead to. */
export type Inlined = {
  source(name: string): ResolvedSource;
  key(name: string): ResolvedKey;
  /** @param lockSeconds What a lock without a time of its own lasts. */
  repository(name: string, lockSeconds: number): ResolvedRepository;
  signers: Signer[];
  signingKeys: Record<string, SecretRef>;
  alertZone: string;
  audit?: AuditTarget;
  /** Those who may start a backup by hand, where that wants a hardware-backed key. */
  secondFactor?: Person[];
};

/** A plan with every reference resolved: whole by itself. */
export function resolvePlan(
  name: string,
  plan: Policy['plans'][string],
  policy: Policy,
  inlined: Inlined,
): Omit<ResolvedPlan, 'organization' | 'timezone' | 'policyHash'> {
  const source = inlined.source(plan.source);
  const tierName = lookUp(policy.sources, plan.source)?.tier;
  const tier = tierName === undefined ? undefined : lookUp(policy.tiers, tierName);
  const retention = retentionOf(plan, policy, inlined);
  const copies = plan.copies.map((copy) => inlined.repository(copy, lockFor(retention?.rules)));
  const airgapped = copies.filter(({ manual }) => manual !== undefined);
  const restoreTest = resolveRestoreTest(plan, policy);
  const ping = resolvePing(plan.ping);
  const zones = zonesOf(source, copies, retention, restoreTest?.zone);
  const siblings = siblingsOf(name, plan, policy);
  const { audit, secondFactor } = inlined;
  return {
    format: 1,
    name,
    source: plan.fingerprint === undefined ? source : { ...source, fingerprint: plan.fingerprint },
    key: inlined.key(plan.key),
    copies: copies.filter(({ manual }) => manual === undefined),
    signers: inlined.signers,
    signingKeys: within(zones, inlined.signingKeys),
    ...(tierName === undefined || tier === undefined ? {} : { tier: { name: tierName, ...tier } }),
    schedule: plan.schedule,
    ...(retention === undefined ? {} : { retention }),
    ...(siblings.length === 0 ? {} : { siblings }),
    ...(airgapped.length === 0 ? {} : { airgapped }),
    ...(audit === undefined ? {} : { audit: nearPlan(audit, source.zone, zones) }),
    ...(secondFactor === undefined ? {} : { secondFactor }),
    stall: plan.stall,
    alertZone: inlined.alertZone,
    ...(restoreTest === undefined ? {} : { restoreTest }),
    ...(ping === undefined ? {} : { ping }),
    ...(plan.restoreTest?.recent === undefined ? {} : { recent: plan.restoreTest.recent }),
  };
}

function retentionOf(
  plan: Policy['plans'][string],
  policy: Policy,
  inlined: Inlined,
): ResolvedRetention | undefined {
  const written = plan.retention === undefined ? undefined : lookUp(policy.retention, plan.retention);
  if (plan.retention === undefined || written === undefined) return undefined;
  return resolveRetention(plan.retention, written, inlined.repository);
}

/** Sorted, so that plans that change places in the file stay the same. */
function siblingsOf(name: string, { source }: Policy['plans'][string], { plans }: Policy): string[] {
  return Object.keys(plans)
    .filter((other) => other !== name && lookUp(plans, other)?.source === source)
    .sort();
}

/** Where workers work for the plan: signing keys of other zones have no place in it. */
function zonesOf(
  source: ResolvedSource,
  copies: ResolvedRepository[],
  retention: ResolvedRetention | undefined,
  testZone = source.zone,
): Set<string> {
  const promoted = Object.values(retention?.storage ?? {}).flatMap(({ repository }) => repository ?? []);
  return new Set([source.zone, testZone, ...[...copies, ...promoted].map(({ zone }) => zone)]);
}

/** A plan's happenings are recorded in the zone of its source, which reaches directories of its own alone. */
function nearPlan(audit: AuditTarget, home: string, zones: Set<string>): AuditTarget {
  const near = new Set([...zones, audit.repository.zone]);
  return {
    ...audit,
    signingKeys: within(near, audit.signingKeys),
    witnesses: audit.witnesses.filter(({ kind, zone }) => kind !== 'filesystem' || zone === home),
  };
}

function within(zones: Set<string>, signingKeys: Record<string, SecretRef>): Record<string, SecretRef> {
  return Object.fromEntries(Object.entries(signingKeys).filter(([zone]) => zones.has(zone)));
}
