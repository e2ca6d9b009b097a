import { serverKey } from '../hosts.ts';
import { lookUp } from '../lookup.ts';
import { resolveSsl } from '../resolve-server.ts';
import type { ResolvedPlan } from '../resolved.ts';
import type { ResolvedCommunication } from '../resolved-communication.ts';
import type { NameServer, PostgresTarget, ResolvedRunbook } from '../resolved-failover.ts';
import type { Policy } from '../schema.ts';
import { resolveDrill } from './drills.ts';
import { orderSteps } from './order.ts';
import { resolveStep, type StepReferences } from './resolve-step.ts';
import { targetsOf } from './targets.ts';
import { versionOf } from './version.ts';
import { isPart, leadingZone, stepsOf, type WrittenRunbook } from './written.ts';

/** Every runbook that can be run, with what it names in place. Takes a policy whose references were checked. */
export function resolveRunbooks(
  policy: Policy,
  plans: Record<string, ResolvedPlan>,
  { policyHash, communication }: Pick<Inlined, 'policyHash' | 'communication'>,
): Record<string, ResolvedRunbook> {
  const targets = mapValues(policy.targets, resolveTarget);
  const nameServers = mapValues(policy.nameServers, resolveNameServer);
  const runnable = Object.entries(policy.runbooks).filter(([, runbook]) => !isPart(runbook));
  return Object.fromEntries(
    runnable.map(([name, runbook]) => [
      name,
      resolveRunbook(name, runbook, policy, { targets, nameServers, plans, policyHash, communication }),
    ]),
  );
}

type Inlined = Omit<StepReferences, 'runbook' | 'policy'> & {
  policyHash: string;
  communication: ResolvedCommunication | undefined;
};

function resolveRunbook(
  name: string,
  runbook: WrittenRunbook,
  policy: Policy,
  { policyHash, communication, ...inlined }: Inlined,
): ResolvedRunbook {
  const tier = runbook.tier === undefined ? undefined : lookUp(policy.tiers, runbook.tier);
  const sorted = orderSteps(stepsOf(runbook));
  const ordered = 'order' in sorted ? sorted.order : [];
  const resolved: Omit<ResolvedRunbook, 'version'> = {
    format: 1,
    name,
    policyHash,
    organization: policy.organization,
    timezone: policy.timezone,
    say: runbook.say ?? '',
    class: runbook.class,
    ...(runbook.tier === undefined || tier === undefined ? {} : { tier: { name: runbook.tier, ...tier } }),
    lost: runbook.lost,
    zone: leadingZone(runbook, policy.zones) ?? '',
    protects: protectedBy(runbook, policy),
    commander: runbook.commander,
    signatures: runbook.signatures,
    cooldown: runbook.cooldown,
    ...(runbook.preflight === undefined ? {} : { preflight: runbook.preflight }),
    drills: Object.entries(runbook.drills).map(([drill, written]) => resolveDrill(drill, written, runbook)),
    ...(communication === undefined ? {} : { communication }),
    steps: ordered.map((step) => resolveStep(step, { ...inlined, runbook, policy })),
  };
  return { ...resolved, version: versionOf(resolved) };
}

/** The sources named by the runbook, those of its plans, and those that live on its targets; sorted. */
export function protectedBy(
  runbook: WrittenRunbook,
  policy: Pick<Policy, 'plans' | 'sources' | 'targets'>,
): string[] {
  const found = new Set(runbook.protects);
  const servers = new Set<string>();
  for (const step of stepsOf(runbook)) {
    const plans = 'plans' in step ? step.plans : 'plan' in step ? [step.plan] : [];
    for (const plan of plans) found.add(lookUp(policy.plans, plan)?.source ?? '');
    for (const name of targetsOf(step)) {
      const target = lookUp(policy.targets, name);
      if (target !== undefined) servers.add(serverKey(target));
    }
  }
  for (const [name, source] of Object.entries(policy.sources))
    if (servers.has(serverKey(source))) found.add(name);
  found.delete('');
  return [...found].sort();
}

function resolveTarget(target: Policy['targets'][string], name: string): PostgresTarget {
  const { kind, zone, host, port, user, database } = target;
  const { password, ssl, directory, replication, stop, start, cutOff } = target;
  return {
    ...{ kind, name, zone, host, port, user, database },
    ssl: resolveSsl(host, ssl),
    ...(password === undefined ? {} : { password }),
    ...(directory === undefined ? {} : { directory }),
    ...(replication === undefined ? {} : { replication: withoutAbsent(replication) }),
    ...(stop === undefined ? {} : { stop }),
    ...(start === undefined ? {} : { start }),
    ...(cutOff === undefined ? {} : { cutOff: resolveCutOff(cutOff) }),
  };
}

function withoutAbsent({
  user,
  password,
}: NonNullable<Policy['targets'][string]['replication']>): NonNullable<PostgresTarget['replication']> {
  return { user, ...(password === undefined ? {} : { password }) };
}

function resolveCutOff({
  zone,
  command,
  undo,
}: NonNullable<Policy['targets'][string]['cutOff']>): NonNullable<PostgresTarget['cutOff']> {
  return { zone, command, ...(undo === undefined ? {} : { undo }) };
}

function resolveNameServer(server: Policy['nameServers'][string], name: string): NameServer {
  const { zone, host, port, domain, tsig, resolvers } = server;
  return { name, zone, host, port, domain, resolvers, ...(tsig === undefined ? {} : { tsig }) };
}

function mapValues<T, U>(
  record: Record<string, T>,
  change: (value: T, name: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]));
}
