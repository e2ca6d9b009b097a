import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sentenceOf } from '../../policy/errors.ts';
import type { ResolvedPolicy } from '../../policy/resolved.ts';
import { readSecret } from '../../process/index.ts';
import type { Store } from '../../repository/store.ts';
import { temporalPath } from '../../tools/servers/toolbox.ts';
import { named } from '../backups.ts';
import type { Context } from '../context.ts';
import { type Brought, type BroughtOptions, broughtBy, keyOption, signingKeyOption } from './brought.ts';
import { type KeyPrints, type KeyWork, keyFinder, printsOf, whyUnsigned } from './keys.ts';
import { type Lack, lackingFor } from './lacking.ts';
import { isKeptIn, onMachine } from './machine.ts';
import {
  type FoundPlace,
  nameOfPlace,
  openPlace,
  type PlaceOptions,
  placeOf,
  repositoryAt,
} from './place.ts';
import { type PlanBackups, plansBackups, type RecoveryPoint } from './points.ts';
import { type RecoveredPolicy, recoveredPolicy } from './policy.ts';
import { trustedKeys } from './trust.ts';

export type ReadOptions = PlaceOptions & { trust: string[]; applied?: string };

export type RecoverOptions = ReadOptions & BroughtOptions;

/** What a repository tells. */
export type ReadRepository = {
  place: FoundPlace;
  /** The repository's name. */
  repository: string;
  recovered: RecoveredPolicy;
  backups: PlanBackups[];
};

/** What this machine can recover from it; found out without writing anything, and without asking anything else. */
export type Recoverable = ReadRepository &
  Brought & {
    /** The policy as this machine carries it out. */
    here: ResolvedPolicy;
    points: RecoveryPoint[];
    /** Plans of which this repository keeps no copies. */
    elsewhere: string[];
    /** What each runbook would stop for. */
    lacks: Record<string, Lack[]>;
    /** Why this machine can't sign the report; null when it can. */
    unsigned: string | null;
    /** Why no Temporal can be started here; null when one can. */
    temporal: string | null;
  };

/**
 * Reads the policy of a copy of a repository, and what it has; nothing is written into it.
 *
 * @throws HoldfastError that says what is wrong with the place or the signature
 */
export async function readRepository(
  { io, progress }: Context,
  options: ReadOptions,
): Promise<ReadRepository> {
  const place = placeOf(options, io.env);
  const trusted = await trustedKeys(options.trust, place.kind === 'filesystem' ? place.path : null);
  progress.show(`Opening ${nameOfPlace(place)}`);
  const { store, name } = await openPlace(place, io.signal);
  try {
    const recovered = await recoveredPolicy(store, trusted, options.applied, io.signal);
    progress.show(`Looking through ${nameOfPlace(place)}`);
    return { place, repository: name, recovered, backups: await backupsIn(store, recovered.policy, io) };
  } finally {
    store.close();
  }
}

function backupsIn(store: Store, policy: ResolvedPolicy, { signal }: Context['io']): Promise<PlanBackups[]> {
  const plans = Object.values(policy.plans).filter((plan) => isKeptIn(store.name, plan));
  return plansBackups(store, { plans, signers: policy.signers }, signal);
}

/**
 * What this machine can do with it, with what a person brings.
 *
 * @throws HoldfastError `bad-usage` for what does not fit the policy, or the runbook that is meant
 */
export async function onThisMachine(
  context: Context,
  read: ReadRepository,
  options: BroughtOptions,
): Promise<Recoverable> {
  const { policy } = read.recovered;
  const brought = broughtBy(policy, read.repository, options);
  const here = policyHere({ ...read, ...brought });
  const { env } = context.io;
  return withKeyWork(context, async (work) => {
    const [leading] = brought.zones;
    const keys = keyFinder(work);
    const points: RecoveryPoint[] = [];
    for (const { plan, ...backups } of read.backups)
      points.push({ plan, ...backups, key: await keys(named(here.plans, plan, 'plan').key, leading) });
    const lacks: Record<string, Lack[]> = {};
    for (const runbook of Object.values(here.runbooks))
      lacks[runbook.name] = await lackingFor(runbook, { zones: brought.zones, env, keys });
    const elsewhere = Object.values(policy.plans).filter((plan) => !isKeptIn(read.repository, plan));
    return {
      ...{ ...read, ...brought, here, points, lacks },
      elsewhere: elsewhere.map(({ name }) => name),
      unsigned: await whyUnsigned(here, leading, work),
      temporal: whyNoTemporal(),
    };
  });
}

function whyNoTemporal(): string | null {
  try {
    temporalPath();
    return null;
  } catch (error) {
    return sentenceOf(error);
  }
}

/** The policy as this machine carries it out. */
export function policyHere({
  place,
  repository,
  recovered: { policy },
  zones,
  keyFiles,
  signingKeyFile,
}: Omit<ReadRepository, 'backups'> & Brought): ResolvedPolicy {
  const known = policy.repositories[repository];
  return onMachine(policy, {
    ...{ zones, keyFiles },
    repositoryIn: (zone) => repositoryAt(place, repository, named(policy.zones, zone, 'zone'), known),
    ...(signingKeyFile === null ? {} : { signingKeyFile }),
  });
}

/** What the keys that were brought are, and what is wrong with them, by their options. */
export async function keysBrought(
  context: Context,
  { here, points, unsigned, ...brought }: Recoverable,
  salt: string | undefined,
): Promise<{ prints: KeyPrints; faults: Record<string, string> }> {
  const faults = points.flatMap(({ key: { name, here: isHere, sentence } }) =>
    isHere ? [] : [[keyOption(name), sentence] as const],
  );
  return {
    prints: await withKeyWork(context, (work) => printsOf(brought, here, work, salt)),
    faults: Object.fromEntries([...faults, ...(unsigned === null ? [] : [[signingKeyOption, unsigned]])]),
  };
}

async function withKeyWork<T>({ io }: Context, work: (keys: KeyWork) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'hf-'));
  try {
    return await work({ directory, env: io.env, secret: (ref) => readSecret(ref, io.signal) });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
