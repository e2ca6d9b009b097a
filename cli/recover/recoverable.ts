import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResolvedPolicy } from '../../policy/resolved.ts';
import { readSecret } from '../../process/index.ts';
import type { Store } from '../../repository/store.ts';
import { named } from '../backups.ts';
import type { Context } from '../context.ts';
import { type Brought, type BroughtOptions, broughtBy } from './brought.ts';
import { type Lack, lackingFor, whyUnsigned } from './lacking.ts';
import { isKeptIn, onMachine } from './machine.ts';
import {
  type FoundPlace,
  nameOfPlace,
  openPlace,
  type PlaceOptions,
  placeOf,
  repositoryAt,
} from './place.ts';
import { keyFinder, type RecoveryPoint, recoveryPoints } from './points.ts';
import { type RecoveredPolicy, recoveredPolicy } from './policy.ts';
import { trustedKeys } from './trust.ts';

export type RecoverOptions = PlaceOptions & BroughtOptions & { trust: string[]; applied?: string };

/** What this machine can recover from a repository; found out without writing anything, and without asking anything else. */
export type Recoverable = Brought & {
  place: FoundPlace;
  /** The repository's name. */
  repository: string;
  recovered: RecoveredPolicy;
  /** The policy as this machine carries it out. */
  here: ResolvedPolicy;
  points: RecoveryPoint[];
  /** Plans of which this repository keeps no copies. */
  elsewhere: string[];
  /** What each runbook would stop for. */
  lacks: Record<string, Lack[]>;
  /** Why this machine can't sign the report; null when it can. */
  unsigned: string | null;
};

/**
 * Reads the policy of a copy of a repository, and what it has; nothing is written into it.
 *
 * @throws HoldfastError that says what is wrong with the place, the signature, the zone or a key
 */
export async function findRecoverable(context: Context, options: RecoverOptions): Promise<Recoverable> {
  const { io } = context;
  const place = placeOf(options, io.env);
  const trusted = await trustedKeys(options.trust, place.kind === 'filesystem' ? place.path : null);
  context.progress.show(`Opening ${nameOfPlace(place)}`);
  const { store, name } = await openPlace(place, io.signal);
  try {
    const recovered = await recoveredPolicy(store, trusted, options.applied, io.signal);
    const { policy } = recovered;
    const brought = broughtBy(policy, name, options);
    const { zones, keyFiles, signingKeyFile } = brought;
    const known = policy.repositories[name];
    const here = onMachine(policy, {
      ...{ zones, keyFiles },
      repositoryIn: (zone) => repositoryAt(place, name, named(policy.zones, zone, 'zone'), known),
      ...(signingKeyFile === null ? {} : { signingKeyFile }),
    });
    const plans = Object.values(policy.plans);
    const lacks = Object.values(here.runbooks).map(
      async (runbook) => [runbook.name, await lackingFor(runbook, zones, io.env)] as const,
    );
    return {
      place,
      repository: name,
      recovered,
      ...brought,
      here,
      points: await pointsIn(context, store, here, zones[0]),
      elsewhere: plans.filter((plan) => !isKeptIn(name, plan)).map((plan) => plan.name),
      lacks: Object.fromEntries(await Promise.all(lacks)),
      unsigned: await whyUnsigned(here, zones[0], io.env),
    };
  } finally {
    store.close();
  }
}

async function pointsIn(
  { io, progress }: Context,
  store: Store,
  policy: ResolvedPolicy,
  zone: string,
): Promise<RecoveryPoint[]> {
  const directory = await mkdtemp(join(tmpdir(), 'hf-'));
  const secret = (ref: Parameters<typeof readSecret>[0]) => readSecret(ref, io.signal);
  progress.show('Looking through the repository');
  try {
    return await recoveryPoints(
      store,
      {
        policy,
        plans: Object.values(policy.plans).filter(({ copies }) => copies.length > 0),
        keys: keyFinder(zone, directory, { env: io.env, secret }),
      },
      io.signal,
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
