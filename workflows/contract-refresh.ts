/** Making a development database anew from a verified backup. */
import type { AuditTarget, ResolvedPlan, SecretRef } from '../policy/resolved.ts';
import type { ResolvedRefresh } from '../policy/resolved-proof.ts';
import type { Outcome } from './contract.ts';
import type { BackupRef } from './contract-verify.ts';

export type RefreshInput = {
  refresh: ResolvedRefresh;
  /** A certain backup instead of the newest. */
  backupId?: string;
  /** Run afterwards, where the refresh's `then` names one. */
  followedBy?: ResolvedPlan;
  person?: string;
  audit?: AuditTarget;
  /** The private signing key by zone; absent: no report is kept. */
  signingKeys?: Record<string, SecretRef>;
  /** The zone that keeps the alerts; absent: nobody is told. */
  alertZone?: string;
};

/** What the query `progress` answers. */
export type RefreshProgress = {
  refresh: string;
  phase: 'choosing' | 'restoring and masking' | 'publishing' | 'done' | 'failed' | 'aborted';
  sentence: string;
};

export type RefreshResult = {
  result: Outcome;
  refresh: string;
  backup: BackupRef;
  /** Why this one, and what was passed over. */
  picked: string[];
  repository: string;
  database: string;
  /** Seconds until people could connect. */
  seconds: number;
  /** Statements run, by kind. */
  trimmed: number;
  masked: number;
  verified: number;
  /** The workflow id of the backup that followed. */
  backedUpBy: string | null;
  exceptions: string[];
  /** The signed report, and where it is kept. */
  evidence: { path: string; sha256: string; stored: string[] } | null;
};
