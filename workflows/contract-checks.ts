/** The checks on schedules, `health` and `copies` (3-2-1), and what their activities find. */

import type {
  AuditTarget,
  ResolvedKey,
  ResolvedPlan,
  ResolvedPolicy,
  ResolvedRepository,
  SecretRef,
  Signer,
} from '../policy/resolved.ts';
import type { NotificationRules, Prices, ResolvedChecks } from '../policy/resolved-proof.ts';
import type { Outcome, Reason } from './contract.ts';
import type { AlertFinding } from './contract-alerts.ts';
import type { RepositorySurvey } from './contract-survey.ts';

/** What the checks need to know of a plan; the whole plan would make the Schedule's argument large. */
export type CheckedPlan = {
  plan: string;
  source: string;
  zone: string;
  site: string;
  key: string;
  cron: string;
  deadline: number;
  paused: boolean;
  rpo: number | null;
  /** Online repositories, and those that a person attaches. */
  copies: string[];
  airgapped: string[];
  /** The longest time between two scheduled restore tests, in seconds; null without a schedule. */
  testInterval: number | null;
  shared: boolean;
};

export type ChecksInput = {
  organization: string;
  policyHash: string;
  timezone: string;
  checks: ResolvedChecks;
  zones: ResolvedPolicy['zones'];
  repositories: ResolvedRepository[];
  plans: CheckedPlan[];
  keys: ResolvedKey[];
  signers: Signer[];
  signingKeys: Record<string, SecretRef>;
  prices: Prices;
  notifications: NotificationRules;
  audit?: AuditTarget;
};

/* ---- health ---- */

export type HealthInput = ChecksInput;

/** What Temporal itself tells of a plan's Schedule and runs. */
export type PlanRuns = {
  plan: string;
  applied: boolean;
  paused: boolean;
  /** Whether the live Schedule is another than the policy's: somebody changed it by hand. */
  drifted: boolean;
  missed: number;
  skipped: number;
  /** A run that is under way, since when. */
  running: { workflowId: string; since: string } | null;
  /** The newest run that ended. */
  last: { workflowId: string; at: string; result: string } | null;
  next: string | null;
};

export type TemporalFacts = {
  plans: PlanRuns[];
  /** Zones without a worker that asks for work. */
  silentZones: string[];
};

export type HealthResult = {
  result: 'passed' | 'failed';
  at: string;
  findings: AlertFinding[];
  /** What could not be looked at, and why: no pass for it (law 11). */
  unchecked: { subject: string; sentence: string }[];
  /** A month's cost now, by repository; null without prices. */
  cost: number | null;
};

/* ---- copies: 3-2-1 ---- */

export type CopiesCheckInput = ChecksInput & {
  /** Whole plans for the sampling, whose newest copies are re-hashed. */
  sampled: Pick<ResolvedPlan, 'name' | 'source'>[];
};

export type CopiesFact = {
  plan: string;
  check:
    | 'copies'
    | 'media'
    | 'offsite'
    | 'residency'
    | 'reachable'
    | 'rehashed'
    | 'decryptable'
    | 'encrypted'
    | 'locked';
  outcome: 'yes' | 'no' | 'not-checked';
  sentence: string;
};

export type CopiesCheckResult = {
  result: Outcome;
  at: string;
  facts: CopiesFact[];
  exceptions: string[];
  evidence: { path: string; stored: string[] } | null;
};

/* ---- canary: whether a key still opens what it encrypts ---- */

export type SealCanaryInput = { key: ResolvedKey; text: string };
export type OpenCanaryInput = { key: ResolvedKey; sealed: string; text: string };
export type CanaryResult = { opened: boolean; reason: Reason | null; expires: string | null };

/** All of one zone's survey, as `health` weighs it. */
export type ZoneSurvey = { zone: string; repositories: RepositorySurvey[] };
