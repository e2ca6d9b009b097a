/**
 * How things stand, from listings alone: what `status` shows and `health` measures. A repository's listing tells of a
 * source's whole state by key names; the plan of a backup is only in its manifest, which is read where two plans share a
 * source, and nowhere else.
 */
import type { ResolvedRepository } from '../policy/resolved.ts';

/** What one repository has of one plan's backups. */
export type PlanCopies = {
  plan: string;
  source: string;
  /** Committed copies. */
  count: number;
  /** Stored bytes of all of them. */
  bytes: number;
  /** Ids: they begin with when the backup started. */
  newest: string | null;
  oldest: string | null;
  /** Stored bytes of the data of the newest ones, newest first, at most 15; for `health`. */
  sizes?: number[];
  /** Raw bytes for each stored byte of the same, newest first; null where a manifest does not tell. For `health`. */
  ratios?: (number | null)[];
  /** The newest restore test of any copy here that passed, and the newest of all. */
  proven: { backupId: string; at: string } | null;
  tested: { backupId: string; at: string; result: string } | null;
  /** Bytes by storage class, where the service tells classes; absent: all in its usual one. */
  classes?: Record<string, number>;
  /** Bytes that came in the last 30 days, for the projection of cost. */
  bytesOfMonth?: number;
};

export type RepositorySurvey = {
  repository: string;
  /** Why it could not be read; what it holds is unknown then, not absent (law 4). */
  unreadable: string | null;
  plans: PlanCopies[];
  /** Where it has an end. */
  free: number | null;
  size: number | null;
  /** Requests or directory reads that it took. */
  requests: number;
};

export type SurveyedPlan = {
  plan: string;
  source: string;
  /** Names of the repositories to look into. */
  repositories: string[];
  /** Whether another plan backs up the same source. */
  shared: boolean;
};

export type SurveyCopiesInput = {
  /** Repositories of the worker's zone. */
  repositories: ResolvedRepository[];
  plans: SurveyedPlan[];
  /** `health` also wants sizes and ratios of the newest ones. */
  history: boolean;
  /** Seconds for which requests to a repository are repeated; absent: a few, since somebody is waiting. */
  patience?: number;
};

/** The workflow `survey`: each repository asked by its own zone. */
export type SurveyInput = { repositories: ResolvedRepository[]; plans: SurveyedPlan[] };
export type SurveyResult = { at: string; repositories: RepositorySurvey[] };
