/** Rehearsals that come by themselves: who is told before, and whether they were held. */
import type { ResolvedRepository, ScheduleSettings, Signer } from '../policy/resolved.ts';
import type { DrillKind } from '../policy/resolved-failover.ts';
import type { AlertFinding } from './contract-alerts.ts';

/** The id of the runs that look after the drills. */
export const drillWatchId = 'drills';

/** The id of a drill's runs; a Schedule adds the nominal time to it. */
export const drillIdOf = (runbook: string, drill: string): string => `drill/${runbook}/${drill}`;

/** What the watch needs to know of a drill. Surprises are none of it: nobody must learn of them before. */
export type WatchedDrill = {
  runbook: string;
  drill: string;
  kind: DrillKind;
  schedule: ScheduleSettings;
  /** Seconds. */
  notice: number;
  owner: string;
  /** Of whoever is asked something in it, and the commander's. */
  roles: string[];
  /** Those roles, and the owner's: whom it concerns. */
  told: string[];
  expect: string[];
};

export type DrillWatchInput = {
  timezone: string;
  /** The zone that keeps the alerts, and that asks Temporal. */
  alertZone: string;
  /** When the drills are looked after. */
  schedule: ScheduleSettings;
  drills: WatchedDrill[];
  /** Where reports of drills are kept. */
  repositories: ResolvedRepository[];
  signers: Signer[];
};

/** How a drill's Schedule stands. */
export type DrillStanding = {
  runbook: string;
  drill: string;
  applied: boolean;
  paused: boolean;
  /** The next times, soonest first; none while it is paused. ISO 8601. */
  next: string[];
  /** Times at which it started a run, oldest first. */
  fired: string[];
};

/** What is known of a drill from one look to the next, by its id. */
export type DrillMemory = Record<
  string,
  {
    /** Times that lie before it, as its Schedule said last. */
    upcoming: string[];
    /** The newest time at which it was to be held; null: none yet. */
    due: string | null;
    /** When it was held last; null: never, as far as anybody knows. */
    held: string | null;
    /** Times of which people were told, and whether they were reminded. */
    told: { at: string; reminded: boolean }[];
    /** Whom it concerns, also once the policy has it no more. */
    roles: string[];
  }
>;

/** What becomes of it is read by the next run, which Temporal gives the result of the one before. */
export type DrillWatchResult = {
  result: 'passed' | 'failed';
  at: string;
  memory: DrillMemory;
  /** What people were told. */
  told: string[];
  findings: AlertFinding[];
  /** What could not be looked at or told. */
  warnings: string[];
};

export type LookAtDrillsInput = { drills: Pick<WatchedDrill, 'runbook' | 'drill'>[] };
