/** The report of a quarter: what was protected, what was proven, what went wrong, what it cost, and what to do. */
import type {
  AuditTarget,
  ResolvedRepository,
  RetentionRules,
  SecretRef,
  Signer,
  Tier,
} from '../policy/resolved.ts';
import type { DrillKind, RunMode } from '../policy/resolved-failover.ts';
import type { Prices } from '../policy/resolved-proof.ts';
import type { Outcome } from './contract.ts';
import type { Evidence, EvidenceKind } from './contract-evidence.ts';
import type { NotedFollowUp } from './contract-follow-ups.ts';
import type { Measured, Verdict } from './contract-restore-test.ts';
import type { RepositorySurvey } from './contract-survey.ts';

/** A time whose end is no longer part of it; ISO 8601. */
export type Period = { name: string; from: string; to: string };

/** What the report needs of a plan: the whole one would make the input large. */
export type ReportedPlan = {
  name: string;
  source: string;
  tier: { name: string; rpo: number; rto: number } | null;
  /** Where its copies are wanted. */
  copies: { name: string }[];
  airgapped: { name: string }[];
  schedule: { cron: string };
  retention?: { rules: RetentionRules; storage: Partial<Record<Tier, { repository?: { name: string } }>> };
  /** Whether restore tests are scheduled. */
  tested: boolean;
  shared: boolean;
};

/** Something to do, as the policy's own weaknesses say it; what many places have in common is one. */
export type Recommendation = {
  id: string;
  severity: 'serious' | 'advice';
  /** Of the first place. */
  message: string;
  hint: string;
  /** The first ones of so many in the policy. */
  places: string[];
  count: number;
};

export type AuditReportInput = {
  organization: string;
  policyHash: string;
  timezone: string;
  period: Period;
  sources: string[];
  plans: ReportedPlan[];
  /** Those that are always online. */
  repositories: ResolvedRepository[];
  prices: Prices;
  signers: Signer[];
  signingKeys: Record<string, SecretRef>;
  /** Zones that may sign the report, the preferred one first. */
  zones: string[];
  recommendations: Recommendation[];
  audit?: AuditTarget;
  person?: string;
};

/* ---- what activities find ---- */

export type ReadReportsInput = {
  /** Repositories of the worker's zone. */
  repositories: ResolvedRepository[];
  signers: Signer[];
  period: Period;
};

/** A report that was kept in the period, and whose signature holds. */
export type FoundReport = {
  path: string;
  kind: EvidenceKind;
  subject: string;
  at: string;
  sha256: string;
  signedBy: string;
  result: string;
  /** Of a restore test. */
  test?: FoundTest;
  /** Of a failover or a rehearsal. */
  run?: FoundRun;
};

/** A failover or a rehearsal, as its report tells it. */
export type FoundRun = {
  runbook: string;
  mode: RunMode;
  /** Of a rehearsal by plan: a partial one, or one of backups alone, is none of the whole. Null where nothing says. */
  kind: DrillKind | null;
  version: string;
  workflowId: string;
  declaredAt: string;
  rto: Measured;
  rpo: Measured;
  /** How many things were skipped, taken on somebody's word, or not checked. */
  exceptions: number;
  /** What people noted that is to be done; absent where nobody noted anything. */
  noted?: { runId: string; followUps: NotedFollowUp[] };
};

export type FoundTest = {
  plan: string;
  backupId: string | null;
  /** The copy that was proven, else the one that was tried last. */
  repository: string | null;
  verdict: Verdict;
  /** Why it was not proven. */
  sentence: string | null;
  rto: Measured;
  rpo: Measured;
};

export type FoundReports = {
  reports: FoundReport[];
  /** What lies there as a report and can't be believed, or a repository that can't be read. */
  faults: string[];
};

export type ReadIncidentsInput = { target: AuditTarget; period: Period };

/** Something that went wrong, as the audit log has it. */
export type Incident = {
  at: string;
  action: string;
  subject: string;
  outcome: 'done' | 'refused' | 'failed';
  sentence: string | null;
  severity: string | null;
  /** When an alert was closed; null: it was not within the period. */
  closedAt: string | null;
};

export type FoundIncidents = {
  /** Entries of the period by action, and by outcome where that is not `done`: `backup.created`, `backup.tested (failed)`. */
  counts: Record<string, number>;
  incidents: Incident[];
  /** How many incidents are not in the list, which has the newest. */
  more: number;
  /** Entries that can't be understood. */
  unreadable: number;
};

/* ---- the report ---- */

export type AuditFacts = {
  input: Omit<AuditReportInput, 'signingKeys' | 'signers' | 'audit' | 'zones'>;
  at: string;
  run: { workflowId: string; runId: string };
  reports: FoundReport[];
  surveys: RepositorySurvey[];
  /** Null: no audit log is kept, or it could not be read. */
  incidents: FoundIncidents | null;
  exceptions: string[];
};

export type CoveredPlan = {
  plan: string;
  source: string;
  tier: string | null;
  /** Online repositories in which a copy is wanted, and those that hold one. */
  wanted: string[];
  held: string[];
  /** Repositories that a person attaches: what lies there can't be seen from here. */
  airgapped: string[];
  backups: number;
  /** When the newest and the oldest backup that is there started. */
  newest: string | null;
  oldest: string | null;
  /** Seconds from the newest backup to the report. */
  age: number | null;
  scheduled: boolean;
  proven: number;
  disproven: number;
  untested: number;
  /** When a restore test proved it last, also before the period. */
  lastProven: string | null;
  /** The worst of the period, in seconds, and how many missed the target. */
  rto: Measured;
  rpo: Measured;
};

export type StoredRepository = {
  repository: string;
  zone: string;
  backups: number | null;
  bytes: number | null;
  free: number | null;
  unreadable: string | null;
};

export type AuditReport = {
  /** With exceptions where something could not be looked at; what it tells may be bad in either case. */
  result: 'passed' | 'passed-with-exceptions';
  organization: string;
  period: Period;
  timezone: string;
  at: string;
  policyHash: string;
  workflowId: string;
  runId: string;
  person: string | null;
  coverage: {
    sources: number;
    unprotected: string[];
    plans: CoveredPlan[];
    /** Plans of which no restore test of the period proved a backup. */
    unproven: string[];
  };
  tests: {
    proven: number;
    disproven: number;
    untested: number;
    /** Those that did not prove, newest first. */
    failures: { at: string; plan: string; verdict: Verdict; sentence: string | null; path: string }[];
    more: number;
  };
  /** Other reports of the period, by kind and result. */
  otherReports: { kind: string; result: string; count: number }[];
  storage: {
    repositories: StoredRepository[];
    cost: {
      currency: string;
      asOf: string;
      now: number | null;
      in30Days: number | null;
      in365Days: number | null;
      budget: number | null;
      unpricedBytes: number;
      lines: { repository: string; storageClass: string | null; bytes: number; cost: number | null }[];
    };
  };
  incidents: FoundIncidents | null;
  recommendations: Recommendation[];
  /** What could not be looked at: the report does not speak of it. */
  exceptions: string[];
};

export type SignAuditReportInput = { facts: AuditFacts; signingKey: SecretRef };

export type AuditReportResult = {
  result: Outcome;
  /** The signed report itself; null when nobody could sign it. */
  evidence: Evidence | null;
  stored: string[];
  exceptions: string[];
};
