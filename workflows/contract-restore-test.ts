/** What a restore test is asked, finds and proves. */
import type { AuditTarget, ResolvedPlan, ResolvedRepository } from '../policy/resolved.ts';
import type { ResolvedRestoreTest, TestChoice } from '../policy/resolved-proof.ts';
import type { BackupRef, Outcome, Reason } from './contract.ts';

export type RestoreTestInput = {
  plan: ResolvedPlan;
  test: ResolvedRestoreTest;
  /** Instead of what the test says, as a person asked. */
  choice?: TestChoice | { kind: 'backup'; backupId: string };
  /** This repository and no other. */
  from?: string;
  person?: string;
  audit?: AuditTarget;
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

/** Repairs the files of a copy that are not what the manifest says from a copy that is whole. */
export type HealInput = {
  backup: BackupRef;
  bad: ResolvedRepository;
  good: ResolvedRepository;
  plan: ResolvedPlan;
};
export type HealResult = { files: string[]; bytes: number; sentence: string };
