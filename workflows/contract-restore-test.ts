/** What a restore test is asked, finds and proves. */
import type {
  AuditTarget,
  ResolvedKey,
  ResolvedPlan,
  ResolvedRepository,
  SecretRef,
  Signer,
} from '../policy/resolved.ts';
import type { ResolvedRestoreTest, TestChoice } from '../policy/resolved-proof.ts';
import type { Outcome, Reason } from './contract.ts';
import type { DocumentFault } from './contract-mend.ts';
import type { BackupRef } from './contract-verify.ts';

export type RestoreTestInput = {
  plan: ResolvedPlan;
  test: ResolvedRestoreTest;
  /** Instead of what the test says, as a person asked. */
  choice?: TestChoice | { kind: 'backup'; backupId: string };
  /** This repository and no other. */
  from?: string;
  /** Whether a copy that is found bad is repaired from a good one; absent: yes. */
  heal?: boolean;
  person?: string;
  audit?: AuditTarget;
};

/* ---- survey ---- */

export type SurveyProofsInput = {
  repository: ResolvedRepository;
  source: string;
  plan: string;
  /** Whether another plan backs up the same source: only manifests tell them apart. */
  shared: boolean;
};

/** What one repository lists of a plan's backups and of their restore tests. */
export type SurveyedProofs = {
  repository: string;
  /** When anything in it was proven last. */
  provenAt: string | null;
  backups: {
    backupId: string;
    startedAt: string;
    committed: boolean;
    /** Its removal has begun. */
    deleting: boolean;
    /** When this copy was proven last. */
    provenAt: string | null;
    /** When its newest test failed; absent where it passed, or where there was none. */
    failedAt?: string;
    /** It lies in an archive class, which brings it back after hours. */
    archived?: true;
  }[];
  /** Older ones that were left out, because there are too many. */
  left: number;
};

/* ---- test ---- */

/** How often one copy is tried where what stands in the way may pass. */
export const testAttempts = 3;

export type TestCopyInput = {
  backup: BackupRef;
  repository: ResolvedRepository;
  signers: Signer[];
  keys: ResolvedKey[];
  test: Pick<ResolvedRestoreTest, 'smoke' | 'command' | 'server' | 'jobs'>;
  recent?: { table: string; column: string };
  /** Seconds that the newest row may be older than the data; null: no tier says. */
  rpo: number | null;
  /** Of times without a zone in the data. */
  timezone: string;
};

/** What is picked, from which copy, and why: `shop-daily's turn is offsite, tested longest ago`. */
export type PickedCopy = { backup: BackupRef; repository: string; reasons: string[] };

/**
 * Proven: restored and equal. Disproven: it did not restore, or is not what was backed up. Untested: nobody knows, because
 * of something that is not the backup's fault; no proof, and no false alarm.
 */
export type Verdict = 'proven' | 'disproven' | 'untested';

/** One thing that was checked on the restored data. */
export type ProofCheck = {
  check: 'schema' | 'rows' | 'checksums' | 'sequences' | 'indexes' | 'freshness' | 'smoke' | 'command';
  outcome: 'passed' | 'failed' | 'not-checked';
  /** Names the table and both numbers where something differs. */
  sentence: string;
};

export type TestAttempt = {
  repository: string;
  verdict: Verdict;
  /** Why it is not proven. */
  reason: Reason | null;
  signedBy: string | null;
  startedAt: string;
  endedAt: string;
  /** Seconds: until the data was there, and until the last check was made. */
  restoreSeconds: number | null;
  totalSeconds: number;
  bytes: number;
  tables: number | null;
  rows: number | null;
  checks: ProofCheck[];
  warnings: string[];
  /** Whether the scratch place was seen to be gone. */
  scratchGone: boolean;
  /** What is wrong with RESTORE.md beside it, where the copy was read. */
  document?: DocumentFault;
  /** The data's own time, and the newest row's where the plan names a column. */
  dataTime: string | null;
  newestRow: string | null;
};

export type Measured = { target: number | null; measured: number | null };

export type RestoreTestResult = {
  result: Outcome;
  verdict: Verdict;
  plan: string;
  backup: BackupRef | null;
  picked: string[];
  attempts: TestAttempt[];
  /** Seconds. RTO: from the start of the restore to the last check. RPO: the longest time between neighbouring backups. */
  rto: Measured;
  rpo: Measured;
  /** A copy that was found bad, and what became of it. */
  healed: { repository: string; from: string; outcome: 'healed' | 'failed'; sentence: string }[];
  exceptions: string[];
  evidence: { path: string; sha256: string; stored: string[] } | null;
};

/** A restore test as its report tells it: all but where the report itself lies. */
export type TestedPlan = Omit<RestoreTestResult, 'evidence'> & {
  organization: string;
  source: string;
  at: string;
  zone: string;
  workflowId: string;
  runId: string;
};

export type SignTestReportInput = { tested: TestedPlan; signingKey: SecretRef };

/** What is written beside a tested copy. */
export type MarkTestedInput = {
  repository: ResolvedRepository;
  backup: BackupRef;
  at: string;
  result: 'passed' | 'passed-with-exceptions' | 'failed';
  verdict: Verdict;
  plan: string;
  workflowId: string;
  runId: string;
  /** Where the report is, below `_evidence/`, and SHA-256 of its JSON; null where none could be kept. */
  report: { path: string; sha256: string } | null;
};

/* ---- heal ---- */

/** Repairs the files of a copy that are not what the manifest says from a copy that is whole. */
export type HealInput = {
  backup: BackupRef;
  bad: ResolvedRepository;
  good: ResolvedRepository;
  signers: Signer[];
};
export type HealResult = { files: string[]; bytes: number; sentence: string };

/* ---- list ---- */

/** The workflow `listTests`: what markers beside copies tell of restore tests. */
export type ListTestsInput = {
  repositories: ResolvedRepository[];
  sources: string[];
  plan?: string;
  /** At most so many, the newest first. */
  limit: number;
};

export type ToldTest = {
  repository: string;
  source: string;
  backupId: string;
  at: string;
  result: string;
  /** As the marker's text says; null where it can't be read. */
  plan: string | null;
  report: { path: string; sha256: string } | null;
};

export type ListTestsResult = {
  tests: ToldTest[];
  /** There are more than the limit. */
  more: boolean;
  unreadable: { repository: string; sentence: string }[];
};

/* ---- show ---- */

/** Which report: the newest of a plan, the newest that a marker beside a backup names, or the one that is kept there. */
export type SoughtReport = { plan: string } | { backupId: string; sources: string[] } | { path: string };

export type ShowTestInput = {
  repositories: ResolvedRepository[];
  signers: Signer[];
  sought: SoughtReport;
};

/** A report whose signature holds. */
export type ShownReport = {
  /** Below `_evidence/`, without an extension. */
  path: string;
  /** From which repository it was read. */
  repository: string;
  /** Of the JSON. */
  sha256: string;
  signedBy: string;
  /** As it was signed. */
  json: string;
};

export type ShowTestResult = {
  /** Null where no repository has one that can be trusted. */
  report: ShownReport | null;
  /** Repositories that could not be asked, and reports that do not count. */
  faults: string[];
};
