/**
 * What a drill or a failover left to be done: each with an owner and a day, chased until it is closed. One workflow
 * `follow-ups` keeps them all, as `alerts` keeps the alerts.
 */
import type { RunMode } from '../policy/resolved-failover.ts';

export type FollowUp = {
  /** Unique; short enough to type. */
  id: string;
  runbook: string;
  /** The run that it was noted in. */
  workflowId: string;
  runId: string;
  mode: RunMode;
  notedAt: string;
  notedBy: string;
  text: string;
  /** One of the policy's people. */
  owner: string;
  /** YYYY-MM-DD, in the runbook's time zone: overdue from the end of that day on. */
  due: string;
  /** Null while it is open. */
  closed: { at: string; by: string; evidence: string } | null;
};

/** What the query of `follow-ups` answers: open ones first by day, then the newest 500 of the closed. */
export type FollowUpList = { open: FollowUp[]; closed: FollowUp[] };
