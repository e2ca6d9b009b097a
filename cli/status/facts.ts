import type { AlertsState } from '../../workflows/contract-alerts.ts';
import type { PlanStanding } from '../../workflows/contract-checks.ts';
import type { FollowUpList } from '../../workflows/contract-follow-ups.ts';
import type { RepositorySurvey } from '../../workflows/contract-survey.ts';

/** What needs a person and is of no plan and no repository: whoever should look or tell, and does not. */
export type WatchFault = { subject: string; sentence: string };

/** All that `status` asks for, of Temporal and of the repositories. */
export type StatusFacts = {
  /** Null where Temporal could not be asked. */
  standings: PlanStanding[] | null;
  surveys: RepositorySurvey[];
  /** Zones of the plans and repositories in which no worker answers. */
  silentZones: string[];
  /** Null where nobody keeps alerts, or nobody could tell of them. */
  alerts: AlertsState | null;
  /** What drills and failovers left to be done; absent or null where nobody noted anything, or nobody could tell. */
  followUps?: Pick<FollowUpList, 'open'> | null;
  /** What is wrong with Temporal, with the checks and with those who keep the alerts. */
  watch?: WatchFault[];
};
