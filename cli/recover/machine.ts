/** A policy as one machine carries it out, when that machine and a copy of one repository are all that is left. Pure. */
import { lookUp } from '../../policy/lookup.ts';
import type { ResolvedKey, ResolvedPlan, ResolvedPolicy, ResolvedRepository } from '../../policy/resolved.ts';
import type { ResolvedRunbook, ResolvedStep } from '../../policy/resolved-failover.ts';

/** What a person brings. */
export type Machine = {
  /** The one repository that there is, as a worker of a zone here uses it. */
  repositoryIn(zone: string): ResolvedRepository;
  /** Zones that this machine works for; the first one leads. */
  zones: readonly [string, ...string[]];
  /** Files of private keys, by the policy's names of the keys. */
  keyFiles: Readonly<Record<string, string>>;
  /** The file of a private SSH key that signs the report. */
  signingKeyFile?: string;
};

/**
 * The policy with the one repository in the place of all: nothing else is asked, and so nothing that is lost (law 10). Keys
 * are opened where this machine stands in. What a runbook does stays, and so does its version.
 */
export function onMachine(policy: ResolvedPolicy, machine: Machine): ResolvedPolicy {
  const [leading] = machine.zones;
  const repository = machine.repositoryIn(leading);
  const { audit: _, ...rest } = policy;
  return {
    ...rest,
    repositories: { [repository.name]: repository },
    plans: mapValues(policy.plans, (plan) => planOn(plan, machine, leading)),
    runbooks: mapValues(policy.runbooks, (runbook) => runbookOn(runbook, machine)),
    signingKeys: signingKeysOn(policy, machine),
  };
}

/** The one zone that all runbooks are led from, else the repository's own. */
export function zoneOf(policy: ResolvedPolicy, repository: string, runbook?: ResolvedRunbook): string {
  if (runbook !== undefined) return runbook.zone;
  const leading = new Set(Object.values(policy.runbooks).map(({ zone }) => zone));
  const [only] = leading;
  if (only !== undefined && leading.size === 1) return only;
  return lookUp(policy.repositories, repository)?.zone ?? Object.keys(policy.zones)[0] ?? '';
}

/** Whether copies of a plan go into a repository: at once, when a person attaches it, or when they are promoted. */
export function isKeptIn(repository: string, { copies, airgapped = [], retention }: ResolvedPlan): boolean {
  const archives = Object.values(retention?.storage ?? {}).flatMap((place) => place?.repository ?? []);
  return [...copies, ...airgapped, ...archives].some(({ name }) => name === repository);
}

function planOn(plan: ResolvedPlan, machine: Machine, zone: string): ResolvedPlan {
  const repository = machine.repositoryIn(zone);
  const { airgapped: _, audit: __, ...rest } = plan;
  return {
    ...rest,
    copies: isKeptIn(repository.name, plan) ? [repository] : [],
    key: keyOn(plan.key, machine),
  };
}

function keyOn(key: ResolvedKey, { keyFiles, zones }: Machine): ResolvedKey {
  const file = lookUp(keyFiles, key.name);
  if (file === undefined) return key;
  const here = Object.fromEntries(zones.map((zone) => [zone, { file }]));
  return key.kind === 'gpg'
    ? { ...key, opens: { ...key.opens, ...here } }
    : { ...key, passphrase: { ...key.passphrase, ...here } };
}

function signingKeysOn(
  { signingKeys }: ResolvedPolicy,
  { signingKeyFile: file, zones }: Machine,
): ResolvedPolicy['signingKeys'] {
  if (file === undefined)
    return Object.fromEntries(Object.entries(signingKeys).filter(([zone]) => zones.includes(zone)));
  return { [zones[0]]: { file } };
}

/** A directory is there for the worker of its own zone alone: each step finds it in its zone. */
function runbookOn(runbook: ResolvedRunbook, machine: Machine): ResolvedRunbook {
  return { ...runbook, steps: runbook.steps.map((step) => stepOn(step, machine)) };
}

function stepOn(step: ResolvedStep, machine: Machine): ResolvedStep {
  switch (step.do) {
    case 'backups.verify':
      return { ...step, plans: step.plans.map((plan) => planOn(plan, machine, step.zone)) };
    case 'restore':
    case 'postgres.recover':
      return { ...step, plan: planOn(step.plan, machine, step.zone) };
    default:
      return step;
  }
}

function mapValues<T>(record: Record<string, T>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
