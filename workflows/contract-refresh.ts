/** Making a development database anew from a verified backup. */
import type { AuditTarget, ResolvedPlan } from '../policy/resolved.ts';
import type { ResolvedRefresh } from '../policy/resolved-proof.ts';
import type { BackupRef, Outcome } from './contract.ts';

export type RefreshInput = {
  refresh: ResolvedRefresh;
  /** A certain backup instead of the newest. */
  backupId?: string;
  /** Run afterwards, where the refresh's `then` names one. */
  followedBy?: ResolvedPlan;
  person?: string;
  audit?: AuditTarget;
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
};
