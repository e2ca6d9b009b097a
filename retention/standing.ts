import { type RetentionRules, type Tier, tiers } from '../policy/resolved.ts';
import type { Span } from '../policy/units.ts';
import { addSpan, clockOf, type Day, dayText, memo } from './calendar.ts';
import { type Period, type PeriodFinder, periodsOf } from './periods.ts';
import type { RetainedBackup, Standing } from './types.ts';

/** What the rules say of a backup: as what it is kept, and in sentences why as nothing else. */
export type Stand = { tiers: Standing[]; otherwise: string[] };

export type StandingQuestion = {
  rules: RetentionRules;
  timezone: string;
  now: string;
  /** Verified backups, oldest first: what has no verified copy stands for nothing. */
  verified: readonly RetainedBackup[];
};

/** A backup, when it started by the clock of the zone, and what becomes of it. */
type Candidate = { backup: RetainedBackup; at: number; day: Day; stand: Stand };

/**
 * What each verified backup is kept as. In each period of a tier the first verified one whose time is not over stands
 * for the period, so that what was chosen once is not displaced by a later one; one that was promoted before it was
 * joined by an earlier one, such as a copy that was caught up, stays chosen.
 */
export function standings({ rules, timezone, now, verified }: StandingQuestion): Map<string, Stand> {
  const clock = clockOf(timezone);
  const moment = Date.parse(now);
  const candidates = verified.map((backup): Candidate => {
    const at = Date.parse(backup.startedAt);
    return { backup, at, day: clock.dayOf(at), stand: { tiers: [], otherwise: [] } };
  });
  if (rules.kind === 'flat') standFlat(candidates, rules.for, clock.dayOf(moment));
  else
    for (const tier of tiers) {
      const keep = rules.keep[tier];
      if (keep === undefined) continue;
      const finder = periodsOf(tier, keep, rules.anchors, clock);
      standForPeriods(tier, candidates, finder, moment, 'newest' in keep ? keep.newest : null);
    }
  return new Map(candidates.map(({ backup, stand }) => [backup.backupId, stand]));
}

function standFlat(candidates: readonly Candidate[], span: Span, today: Day): void {
  const lastDay = memo((day: Day) => addSpan(day, span));
  const named = memo(dayText);
  for (const { day, stand } of candidates) {
    const until = named(lastDay(day));
    if (lastDay(day) < today) stand.otherwise.push(`Its ${spanText(span)} were over after ${until}.`);
    else
      stand.tiers.push({
        tier: 'flat',
        period: named(day),
        until,
        why: `Kept until ${until}, as every backup is for ${spanText(span)}.`,
      });
  }
}

type Chosen = Candidate & { period: Period; promoted: boolean };

function standForPeriods(
  tier: Tier,
  candidates: readonly Candidate[],
  finder: PeriodFinder,
  now: number,
  newest: number | null,
): void {
  const chosen = new Map<string, Chosen>();
  for (const candidate of candidates) {
    const { backup, at, day } = candidate;
    if (finder.isOver(at, day, now)) continue;
    const period = finder.periodOf(at, day);
    const before = chosen.get(period.id);
    const promoted = isPromoted(backup, tier);
    if (before === undefined || (promoted && !before.promoted))
      chosen.set(period.id, { ...candidate, period, promoted });
  }
  const counted = [...chosen.values()].sort((a, b) => b.at - a.at).slice(0, newest ?? chosen.size);
  const standing = new Set(counted.map(({ backup }) => backup.backupId));
  const named = memo(dayText);
  // Most backups of a history stand for nothing: they share the texts that say why.
  const over = memo((day: Day) => `Its time as ${tier} was over after ${named(day)}.`);
  const other = memo(
    (period: string) => `${chosen.get(period)?.backup.backupId} is the ${tier} one for ${period}.`,
  );
  for (const { backup, at, day, stand } of candidates) {
    const { backupId } = backup;
    if (finder.isOver(at, day, now)) {
      stand.otherwise.push(over(finder.lastDayOf(at, day)));
      continue;
    }
    const period = finder.periodOf(at, day);
    if (standing.has(backupId)) {
      const until = named(finder.lastDayOf(at, day));
      stand.tiers.push({ tier, period: period.id, until, why: whyOf(tier, period, day, until) });
    } else if (chosen.get(period.id)?.backup.backupId === backupId)
      stand.otherwise.push(`${period.id} is not among the newest ${newest} of the ${tier} ones.`);
    else stand.otherwise.push(other(period.id));
  }
}

function isPromoted(backup: RetainedBackup, tier: Tier): boolean {
  return backup.copies.some(({ promised }) => promised.some((promise) => promise.tier === tier));
}

function whyOf(tier: Tier, period: Period, day: Day, until: string): string {
  const kept = `Kept as ${tier} until ${until}, for ${periodText(tier, period.id)}`;
  const late = day - period.first;
  if (late === 0 || tier === 'hourly' || tier === 'daily') return `${kept}.`;
  return `${kept}: the first verified one after its first day, ${late} day${late === 1 ? '' : 's'} late.`;
}

const nouns = {
  daily: 'the day',
  weekly: 'the week from',
  monthly: 'the month from',
  yearly: 'the year from',
};

/** `the week from 2026-11-15`, `the hour 2026-11-15T13+01:00`. */
export function periodText(tier: Tier, id: string): string {
  return tier === 'hourly' ? `the hour ${id}` : `${nouns[tier]} ${id}`;
}

/** `12 months`. */
export function spanText({ count, unit }: Span): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
