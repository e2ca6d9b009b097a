/** A backup: what starts it, how far it is, and what it comes to. */
import type { ResolvedPlan } from '../policy/resolved.ts';
import type { SignedRequest } from './contract-request.ts';

export type BackupInput = {
  plan: ResolvedPlan;
  /** Who asked for it, where a person did; for the audit log. */
  person?: string;
  /** Where the plan wants a second factor of people. */
  request?: SignedRequest;
};

export type CopyState =
  | 'waiting'
  | 'writing'
  | 'written'
  | 'verified'
  | 'committed'
  | 'catching-up'
  | 'missing';

export type CopyProgress = { repository: string; state: CopyState; note?: string };

export type BackupPhase =
  | 'preflight'
  | 'dumping'
  | 'verifying'
  | 'committing'
  | 'catching up'
  | 'done'
  | 'failed'
  | 'aborted';

/** What the query `progress` answers and the current details show. */
export type BackupProgress = {
  plan: string;
  backupId: string;
  phase: BackupPhase;
  startedAt: string;
  copies: CopyProgress[];
  stream?: StreamProgress;
  /** Why it failed. */
  reason?: string;
  warnings: string[];
};

/** How far a stream is: also the heartbeat of long activities, and the signal `streamed`. */
export type StreamProgress = {
  phase: string;
  bytes: number;
  bytesPerSecond: number;
  elapsed: number;
  note?: string;
};

export type BackupFile = {
  name: string;
  role: 'data' | 'globals' | 'fingerprint';
  bytes: number;
  rawBytes: number | null;
  sha256: string;
};

export type BackupResult = {
  result: 'passed' | 'passed-with-exceptions';
  plan: string;
  source: string;
  backupId: string;
  startedAt: string;
  dataTime: string;
  endedAt: string;
  bytes: number;
  rawBytes: number | null;
  tables: number | null;
  rows: number | null;
  copies: CopyResult[];
  /** Why the result is not simply `passed`. */
  exceptions: string[];
  /** What is not wrong with this backup, and still wants attention. */
  warnings: string[];
};

export type CopyResult = { repository: string; state: 'committed' | 'missing'; sentence?: string };

/** Name of the signal by which the backup's activity tells how far its stream is. */
export const streamedSignal = 'streamed';
