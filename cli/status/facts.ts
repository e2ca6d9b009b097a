import type { AlertsState } from '../../workflows/contract-alerts.ts';
import type { PlanStanding } from '../../workflows/contract-checks.ts';
import type { FollowUpList } from '../../workflows/contract-follow-ups.ts';
import type { RepositorySurvey } from '../../workflows/contract-survey.ts';

/** All that `status` asks for, of Temporal and of the repositories. */
export type StatusFacts = {
  standings: PlanStanding[];
  surveys: RepositorySurvey[];
  /** Zones of the plans and repositories in which no worker answers. */
  silentZones: string[];
  /** Null where nobody keeps alerts, or nobody could tell of them. */
  alerts: AlertsState | null;
  /** What drills and failovers left to be done; absent or null where nobody noted anything, or nobody could tell. */
  followUps?: Pick<FollowUpList, 'open'> | null;
};
