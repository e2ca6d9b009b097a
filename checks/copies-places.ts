import type { ResolvedRepository } from '../policy/resolved.ts';
import { formatDuration } from '../policy/units.ts';
import type {
  CheckedPlan,
  ChecksInput,
  CopiesFact,
  CopiesFacts,
  Verdict,
} from '../workflows/contract-checks.ts';
import { startOfBackup } from './backup-time.ts';
import { longestInterval } from './due.ts';
import { secondsBetween } from './weighed.ts';

/** A zone's facts about copies, or why it told none. */
export type KnownCopies =
  | { zone: string; facts: CopiesFacts; silent: null }
  | { zone: string; facts: null; silent: string };

/** One place of a plan, and whether it holds a copy that counts now. */
export type PlanPlace = {
  repository: ResolvedRepository;
  state: 'holds' | 'lacks' | 'unknown';
  /** Why it does not count, or why that is not known. */
  why: string;
};

/**
 * Where a plan's copies are. A copy counts while it is no more than one run older than the newest; that of an
 * air-gapped repository, which lies in a safe, by its last filling.
 */
export function placesOfPlan(
  plan: CheckedPlan,
  { repositories }: ChecksInput,
  zones: readonly KnownCopies[],
  now: Date,
): PlanPlace[] {
  const newestIn = (name: string): string | null => {
    const found = zones.flatMap(({ facts }) => facts?.newest ?? []);
    return (
      found.find(({ repository, plan: of }) => repository === name && of === plan.plan)?.backups[0] ?? null
    );
  };
  const newest = plan.copies
    .map(newestIn)
    .reduce((a, b) => (a === null || (b !== null && b > a) ? b : a), null);
  const online = plan.copies.map((name): PlanPlace | null => {
    const repository = repositories.find((each) => each.name === name);
    if (repository === undefined) return null;
    const unread = unreadOf(repository, zones);
    if (unread !== null) return { repository, state: 'unknown', why: unread };
    return { repository, ...standingOf(newestIn(name), newest, longestInterval(plan.cron)) };
  });
  const airgapped = plan.airgapped.map((name): PlanPlace | null => {
    const repository = repositories.find((each) => each.name === name);
    return repository === undefined ? null : { repository, ...filled(plan.plan, repository, zones, now) };
  });
  return [...online, ...airgapped].filter((place) => place !== null);
}

/** Why a repository could not be looked at; null when it was. */
export function unreadOf({ name, zone }: ResolvedRepository, zones: readonly KnownCopies[]): string | null {
  const known = zones.find((each) => each.zone === zone);
  if (known === undefined) return `zone ${zone} was not asked`;
  if (known.facts === null) return `zone ${zone} did not answer: ${known.silent}`;
  const told = known.facts.repositories.find(({ repository }) => repository === name);
  return told === undefined ? `zone ${zone} did not tell of it` : told.unreadable;
}

function standingOf(
  own: string | null,
  newest: string | null,
  interval: number,
): Pick<PlanPlace, 'state' | 'why'> {
  if (own === null) return { state: 'lacks', why: 'holds no copy' };
  const [mine, best] = [startOfBackup(own), newest === null ? null : startOfBackup(newest)];
  const behind = mine === null || best === null ? 0 : secondsBetween(mine, new Date(best));
  return behind <= interval
    ? { state: 'holds', why: '' }
    : { state: 'lacks', why: `its newest copy is ${formatDuration(behind)} older than the newest` };
}

function filled(
  plan: string,
  { name, manual }: ResolvedRepository,
  zones: readonly KnownCopies[],
  now: Date,
): Pick<PlanPlace, 'state' | 'why'> {
  const told = zones.flatMap(({ facts }) => facts?.fillings ?? []).filter((each) => each.repository === name);
  const [last] = told.filter(({ at }) => at !== null).sort((a, b) => ((a.at ?? '') < (b.at ?? '') ? 1 : -1));
  const age = last?.at == null ? null : secondsBetween(last.at, now);
  const limit =
    manual === undefined
      ? 0
      : longestInterval(manual.schedule.cron) + manual.patience + manual.schedule.deadline;
  if (age !== null && age <= limit && last?.plans.includes(plan)) return { state: 'holds', why: '' };
  if (zones.some(({ facts }) => facts === null) || told.some(({ unreadable }) => unreadable !== null))
    return { state: 'unknown', why: 'not all that remember its fillings could be read' };
  if (age === null) return { state: 'lacks', why: 'was never filled' };
  return age > limit
    ? { state: 'lacks', why: `was filled last ${formatDuration(age)} ago` }
    : { state: 'lacks', why: `got no copy of ${plan} when it was filled` };
}

type Counted = {
  what: string;
  needed: number;
  sure: number;
  possible: number;
  of: string;
  /** Why others do not count. */
  missing: string;
};

/** Enough for certain, too few for certain, or not known. */
function counted({ what, needed, sure, possible, of, missing }: Counted): Verdict {
  if (sure >= needed) return { outcome: 'yes', sentence: `${sure} ${what}: ${of}.` };
  const lacking = missing === '' ? '' : ` ${missing}`;
  return {
    outcome: possible >= needed ? 'not-checked' : 'no',
    sentence: `${sure} ${what} (${of}), and ${needed} are wanted.${lacking}`,
  };
}

/** How many copies there are with production, on how many media, and how many away from the source's site. */
export function countPlaces(
  plan: CheckedPlan,
  { checks: { copies: rule, residency } }: ChecksInput,
  places: readonly PlanPlace[],
): Omit<CopiesFact, 'plan'>[] {
  const held = places.filter(({ state }) => state === 'holds').map(({ repository }) => repository);
  const possible = places.filter(({ state }) => state !== 'lacks').map(({ repository }) => repository);
  const missing = places
    .filter(({ state }) => state !== 'holds')
    .map(({ repository, why }) => `${repository.name}: ${why.replace(/\.$/, '')}.`)
    .join(' ');
  const names = (some: readonly ResolvedRepository[]) => some.map(({ name }) => name);
  const mediaOf = (some: readonly ResolvedRepository[]) => [
    ...new Set(['disk', ...some.map(({ medium }) => medium)]),
  ];
  const away = (some: readonly ResolvedRepository[]) => some.filter(({ site }) => site !== plan.site);
  const offsite = away(held);
  const subject = plan.plan;
  return [
    {
      check: 'copies',
      subject,
      ...counted({
        what: 'copies with production',
        needed: rule.copies,
        sure: held.length + 1,
        possible: possible.length + 1,
        of: ['production', ...names(held)].join(', '),
        missing,
      }),
    },
    {
      check: 'media',
      subject,
      ...counted({
        what: 'media with production',
        needed: rule.media,
        sure: mediaOf(held).length,
        possible: mediaOf(possible).length,
        of: mediaOf(held).join(', '),
        missing,
      }),
    },
    {
      check: 'offsite',
      subject,
      ...counted({
        what: `copies away from site ${plan.site}`,
        needed: rule.offsite,
        sure: offsite.length,
        possible: away(possible).length,
        of: names(offsite).join(', ') || 'none',
        missing,
      }),
    },
    { check: 'residency', subject, ...residencyOf(places, residency) },
  ];
}

/** Where a repository stands is known without asking it. */
function residencyOf(places: readonly PlanPlace[], residency: readonly string[] | null): Verdict {
  if (residency === null) return { outcome: 'yes', sentence: 'The policy asks for no residency.' };
  const outside = places.filter(({ repository }) => !residency.includes(repository.region));
  if (outside.length === 0)
    return { outcome: 'yes', sentence: `All copies are in ${residency.join(' or ')}.` };
  const where = outside.map(({ repository: { name, region } }) => `${name} (${region})`).join(', ');
  return {
    outcome: 'no',
    sentence: `Copies are outside ${residency.join(' and ')}: ${where}. Use a repository inside, or extend residency.`,
  };
}
