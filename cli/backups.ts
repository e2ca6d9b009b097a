import { HoldfastError } from '../policy/errors.ts';
import { nearest } from '../policy/nearest.ts';
import { nearestFirst, opensIn } from '../policy/reach.ts';
import type {
  Place,
  ResolvedKey,
  ResolvedPlan,
  ResolvedPolicy,
  ResolvedRepository,
} from '../policy/resolved.ts';
import type { CatalogueEntry } from '../workflows/contract-catalogue.ts';

/** One backup with the copies that were found of it. */
export type FoundBackup = {
  source: string;
  backupId: string;
  plan: string;
  /** Copies whose manifest and signature are sound. */
  copies: CatalogueEntry[];
  /** Copies that are shown and never used. */
  faulty: CatalogueEntry[];
};

/** Copies grouped by their backup, newest first. */
export function groupCopies(entries: readonly CatalogueEntry[]): FoundBackup[] {
  const backups = new Map<string, FoundBackup>();
  for (const entry of entries) {
    const { source, backupId, plan } = entry;
    const key = `${source}/${backupId}`;
    const backup = backups.get(key) ?? { source, backupId, plan, copies: [], faulty: [] };
    backups.set(key, backup);
    (entry.fault === undefined ? backup.copies : backup.faulty).push(entry);
  }
  return [...backups.values()].sort((a, b) => (a.backupId < b.backupId ? 1 : -1));
}

/** How a person names a backup. */
export type BackupName = { id: string } | { latestOf: string };

const idForm = /^\d{8}T\d{6}Z-[0-9a-f]{8}$/;

/**
 * Reads `20261121T010000Z-1a2b3c4d` or `latest:PLAN`.
 *
 * @throws HoldfastError `bad-usage` for anything else.
 */
export function parseBackupName(text: string): BackupName {
  if (text.startsWith('latest:') && text.length > 'latest:'.length)
    return { latestOf: text.slice('latest:'.length) };
  if (idForm.test(text)) return { id: text };
  throw new HoldfastError('bad-usage', `"${text}" does not name a backup.`, {
    hint: 'Give an id such as 20261121T010000Z-1a2b3c4d from `holdfast backup list`, or latest:PLAN.',
  });
}

/** A member of the policy by name. @throws HoldfastError `bad-usage` with the nearest name when there is none. */
export function named<Member>(members: Record<string, Member>, name: string, what: string): Member {
  const member = Object.hasOwn(members, name) ? members[name] : undefined;
  if (member !== undefined) return member;
  const names = Object.keys(members);
  if (names.length === 0)
    throw new HoldfastError('bad-usage', `The policy has no ${what} "${name}", and no other one.`);
  const near = nearest(name, names);
  throw new HoldfastError('bad-usage', `The policy has no ${what} "${name}".`, {
    hint: near === null ? `It has: ${names.slice(0, 12).join(', ')}.` : `Did you mean "${near}"?`,
  });
}

/** The keys of a policy's plans, each once. */
export function keysOf(plans: readonly ResolvedPlan[]): ResolvedKey[] {
  return [...new Map(plans.map(({ key }) => [key.name, key])).values()];
}

/**
 * Where a restore goes: the zone asked for, else the first that can open the key, the source's own before others.
 *
 * @throws HoldfastError `bad-key` when no zone, or not the one asked for, can open it.
 */
export function restoreZone(
  policy: ResolvedPolicy,
  backup: { source: string; keyName: string },
  asked: string | undefined,
): Place {
  const key = named(
    Object.fromEntries(keysOf(Object.values(policy.plans)).map((known) => [known.name, known])),
    backup.keyName,
    'plan with the key',
  );
  const zones = opensIn(key);
  if (asked !== undefined) {
    const place = named(policy.zones, asked, 'zone');
    if (zones.includes(asked)) return place;
    throw new HoldfastError('bad-key', `The key ${key.name} is not opened in zone ${asked}.`, {
      hint: zones.length === 0 ? 'Name a zone under `opens` of the key.' : `It is in ${zones.join(', ')}.`,
    });
  }
  const home = policy.sources[backup.source]?.zone;
  const [zone] = home !== undefined && zones.includes(home) ? [home] : zones;
  if (zone !== undefined) return named(policy.zones, zone, 'zone');
  throw new HoldfastError(
    'bad-key',
    `No zone opens the key ${key.name}, so nothing can decrypt this backup.`,
    {
      hint: 'Name a zone under `opens` of the key, and put the private key on its worker.',
    },
  );
}

/**
 * The copies of a backup that a worker at a place can read, the nearest first.
 *
 * @param from the name of the repository that alone is wanted
 * @throws HoldfastError `not-found` when there is none
 */
export function copiesNear(
  policy: ResolvedPolicy,
  { backupId, copies }: FoundBackup,
  place: Place,
  from: string | undefined,
): ResolvedRepository[] {
  const held = copies.map(({ repository }) => named(policy.repositories, repository, 'repository'));
  const wanted = held.filter(({ name }) => from === undefined || name === from);
  const candidates = nearestFirst(wanted, place);
  if (candidates.length > 0) return candidates;
  const where = held.map(({ name, zone }) => `${name} (zone ${zone})`).join(', ');
  throw new HoldfastError('not-found', `No copy of ${backupId} can be read from zone ${place.zone}.`, {
    hint: `Copies are in ${where}; choose with --zone and --from.`,
  });
}
