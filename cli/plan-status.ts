import type { ResolvedPlan } from '../policy/resolved.ts';
import { startOf } from '../repository/layout.ts';
import type { PlanStanding } from '../workflows/contract-checks.ts';
import type { PlanCopies, RepositorySurvey } from '../workflows/contract-survey.ts';
import { expectationsOf, faultsOf } from './plan-faults.ts';

/** One of the repositories that a plan's backups may lie in. */
export type PlaceStatus = {
  repository: string;
  /** Whether every backup of the plan goes there; else only those that retention keeps as some tier. */
  wanted: boolean;
  /** `good`: has the newest backup. `behind`: has older ones. `unknown`: could not be read. */
  state: 'good' | 'behind' | 'none' | 'unknown';
  newest: string | null;
  oldest: string | null;
  count: number;
  bytes: number;
  /** The newest restore test of a copy here that passed; null: nothing here was ever proven. */
  proven: { backupId: string; at: string } | null;
};

/** How a plan stands. Times are ISO 8601 in UTC, ages in seconds. */
export type PlanStatus = {
  plan: string;
  source: string;
  zone: string;
  /** Whether a worker of the source's zone has asked for work in the last minutes. */
  worker: boolean | null;
  /** These are null, and no run is known, where Temporal could not be asked. */
  applied: boolean | null;
  paused: boolean | null;
  running: string[];
  next: string | null;
  last: { workflowId: string; at: string; result: string } | null;
  /** The newest backup of which a copy exists; its data is at least as new as `dataTime`, when its run started. */
  lastGood: { backupId: string; dataTime: string; age: number } | null;
  /** Until when one can go back. */
  oldest: { backupId: string; at: string } | null;
  /** Repositories that have the newest backup, of those that should; whether one of them is at another site. */
  copies: { good: number; wanted: number; offsite: boolean };
  places: PlaceStatus[];
  /** The newest restore test, and the newest that passed; null: never restored. */
  tested: { backupId: string; at: string; result: string } | null;
  proven: { backupId: string; at: string } | null;
  /** The target of the source's tier, in seconds. */
  rpo: number | null;
  /** What needs a person; empty when the plan stands well. */
  faults: string[];
};

/** What readable repositories have of plans, by their names. */
export type SurveyIndex = ReadonlyMap<string, ReadonlyMap<string, PlanCopies>>;

export function indexSurveys(surveys: readonly RepositorySurvey[]): SurveyIndex {
  return new Map(
    surveys
      .filter(({ unreadable }) => unreadable === null)
      .map(({ repository, plans }) => [repository, new Map(plans.map((copies) => [copies.plan, copies]))]),
  );
}

/** What a plan's status is made of. */
export type PlanFacts = {
  plan: ResolvedPlan;
  /** Null where Temporal could not be asked. */
  standing: PlanStanding | null;
  surveys: SurveyIndex;
  /** Names of repositories that only some tiers go to. */
  archives: readonly string[];
  /** The site of a repository or of the source's zone, by its name. */
  sites: { source: string; repositories: Readonly<Record<string, string>> };
  worker: boolean;
  /** Seconds that a restore test may be late. */
  testGrace: number;
  now: Date;
};

/** How a plan stands, from what Temporal and the repositories tell. Pure. */
export function planStatus(facts: PlanFacts): PlanStatus {
  const { plan, standing, now, worker } = facts;
  const found = copiesBy(facts);
  const all = [...found.values()].flatMap((copies) => copies ?? []);
  const newest = newestOf(all.flatMap((copies) => copies.newest ?? []));
  const oldest = all.flatMap((copies) => copies.oldest ?? []).sort()[0] ?? null;
  const places = [...found].map(([name, copies]) => placeOf(facts, name, copies, newest));
  const good = places.filter(({ wanted, state }) => wanted && state === 'good');
  const status = {
    plan: plan.name,
    source: plan.source.name,
    zone: plan.source.zone,
    worker: standing === null ? null : worker,
    applied: standing?.applied ?? null,
    paused: standing?.paused ?? null,
    running: standing?.running == null ? [] : [standing.running.workflowId],
    next: standing?.next ?? null,
    last: standing?.last ?? null,
    lastGood: newest === null ? null : datedBy(newest, now),
    oldest: oldest === null ? null : { backupId: oldest, at: startOf(oldest) ?? '' },
    copies: {
      good: good.length,
      wanted: plan.copies.length,
      offsite: good.some(({ repository }) => isOffsite(facts, repository)),
    },
    places,
    tested: lastBy(all.flatMap(({ tested }) => tested ?? [])),
    proven: lastBy(all.flatMap(({ proven }) => proven ?? [])),
    rpo: plan.tier?.rpo ?? null,
  };
  return { ...status, faults: faultsOf(status, expectationsOf(facts)) };
}

/** What each of the plan's repositories has of it, by name; null where it could not be read. */
function copiesBy({ plan, surveys, archives }: PlanFacts): Map<string, PlanCopies | null> {
  const names = [...plan.copies.map(({ name }) => name), ...archives];
  return new Map(names.map((name) => [name, surveys.get(name)?.get(plan.name) ?? null]));
}

function placeOf(
  { plan }: PlanFacts,
  repository: string,
  copies: PlanCopies | null,
  newest: string | null,
): PlaceStatus {
  return {
    repository,
    wanted: plan.copies.some(({ name }) => name === repository),
    state: stateOf(copies, newest),
    newest: copies?.newest ?? null,
    oldest: copies?.oldest ?? null,
    count: copies?.count ?? 0,
    bytes: copies?.bytes ?? 0,
    proven: copies?.proven ?? null,
  };
}

function stateOf(copies: PlanCopies | null, newest: string | null): PlaceStatus['state'] {
  if (copies === null) return 'unknown';
  if (copies.newest === null) return 'none';
  return copies.newest === newest ? 'good' : 'behind';
}

function isOffsite({ sites }: PlanFacts, repository: string): boolean {
  const site = sites.repositories[repository];
  return site !== undefined && site !== sites.source;
}

/** Ids begin with the time at which their run started. */
function newestOf(ids: readonly string[]): string | null {
  return [...ids].sort().at(-1) ?? null;
}

function datedBy(backupId: string, now: Date): NonNullable<PlanStatus['lastGood']> {
  const dataTime = startOf(backupId) ?? '';
  return { backupId, dataTime, age: Math.round((now.getTime() - Date.parse(dataTime)) / 1000) };
}

function lastBy<T extends { at: string }>(tests: readonly T[]): T | null {
  return [...tests].sort((a, b) => (a.at < b.at ? -1 : 1)).at(-1) ?? null;
}
