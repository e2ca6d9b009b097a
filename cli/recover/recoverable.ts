import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HoldfastError } from '../../policy/errors.ts';
import type { ResolvedPolicy } from '../../policy/resolved.ts';
import { readSecret } from '../../process/index.ts';
import type { Store } from '../../repository/store.ts';
import { named } from '../backups.ts';
import type { Context } from '../context.ts';
import { runbookNamed } from '../failovers.ts';
import { type Lack, lackingFor } from './lacking.ts';
import { isKeptIn, onMachine, zoneOf } from './machine.ts';
import { type FoundPlace, openPlace, type PlaceOptions, placeOf, repositoryAt } from './place.ts';
import { keyFinder, type RecoveryPoint, recoveryPoints } from './points.ts';
import { type RecoveredPolicy, recoveredPolicy } from './policy.ts';
import { trustedKeys } from './trust.ts';

export type RecoverOptions = PlaceOptions & {
  trust: string[];
  applied?: string;
  zone: string[];
  /** `NAME=FILE`. */
  key: string[];
  signingKey?: string;
  runbook?: string;
};

/** What this machine can recover from a repository; found out without writing anything, and without asking anything else. */
export type Recoverable = {
  place: FoundPlace;
  /** The repository's name. */
  repository: string;
  recovered: RecoveredPolicy;
  zones: [string, ...string[]];
  /** The policy as this machine carries it out. */
  here: ResolvedPolicy;
  points: RecoveryPoint[];
  /** Plans of which this repository keeps no copies. */
  elsewhere: string[];
  /** What each runbook would stop for. */
  lacks: Record<string, Lack[]>;
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
  const { store, name } = await openPlace(place, io.signal);
  try {
    const recovered = await recoveredPolicy(store, trusted, options.applied, io.signal);
    const { policy } = recovered;
    const zones = zonesFor(policy, name, options);
    const known = policy.repositories[name];
    const here = onMachine(policy, {
      zones,
      repositoryIn: (zone) => repositoryAt(place, name, named(policy.zones, zone, 'zone'), known),
      keyFiles: keyFilesOf(policy, options.key),
      ...(options.signingKey === undefined ? {} : { signingKeyFile: options.signingKey }),
    });
    const plans = Object.values(policy.plans);
    const lacks = Object.values(here.runbooks).map(
      async (runbook) => [runbook.name, await lackingFor(runbook, zones, io.env)] as const,
    );
    return {
      place,
      repository: name,
      recovered,
      zones,
      here,
      points: await pointsIn(context, store, here, zones[0]),
      elsewhere: plans.filter((plan) => !isKeptIn(name, plan)).map((plan) => plan.name),
      lacks: Object.fromEntries(await Promise.all(lacks)),
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

/** @throws HoldfastError `bad-usage` for a zone that the policy has not, or that the runbook takes as lost */
function zonesFor(
  policy: ResolvedPolicy,
  repository: string,
  { zone: asked, runbook: name }: RecoverOptions,
): [string, ...string[]] {
  const runbook = name === undefined ? undefined : runbookNamed(policy, name);
  const [first = zoneOf(policy, repository, runbook), ...rest] = asked;
  const zones: [string, ...string[]] = [first, ...rest];
  for (const zone of zones) named(policy.zones, zone, 'zone');
  if (runbook === undefined) return zones;
  const hint = `Stand in for the zone that leads it: --zone ${runbook.zone}.`;
  const lost = zones.find((zone) => runbook.lost.includes(zone));
  if (lost !== undefined)
    throw new HoldfastError('bad-usage', `${runbook.name} takes zone ${lost} as lost: nothing runs there.`, {
      hint,
    });
  if (!zones.includes(runbook.zone))
    throw new HoldfastError('bad-usage', `${runbook.name} is led from zone ${runbook.zone}.`, { hint });
  return [runbook.zone, ...zones.filter((zone) => zone !== runbook.zone)];
}

/** @throws HoldfastError `bad-usage` for what is not NAME=FILE, or names no key of the policy */
function keyFilesOf({ plans }: ResolvedPolicy, given: readonly string[]): Record<string, string> {
  const keys = Object.fromEntries(Object.values(plans).map(({ key }) => [key.name, key]));
  return Object.fromEntries(
    given.map((text) => {
      const [, name, file] = /^([^=]+)=(.+)$/.exec(text) ?? [];
      if (name === undefined || file === undefined)
        throw new HoldfastError('bad-usage', `${text} does not say which file holds which key.`, {
          hint: `Write --key NAME=FILE, with a name of ${Object.keys(keys).join(', ')}.`,
        });
      return [named(keys, name, 'plan with the key').name, file];
    }),
  );
}
