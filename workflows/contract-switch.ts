/**
 * Putting a verified scratch database in place of the live one (law 5): restored beside it on the same server, compared,
 * approved, services quiesced, both renamed in one transaction, services resumed. The old one is kept under a new name.
 */
import type {
  AuditTarget,
  Person,
  ResolvedKey,
  ResolvedRepository,
  ResolvedSource,
  Signer,
} from '../policy/resolved.ts';
import type { SwitchRule } from '../policy/resolved-proof.ts';
import type { BackupRef, Reason } from './contract.ts';
import type { SignedRequest } from './contract-request.ts';
import type { RestoreAttempt } from './contract-restore.ts';

export type SwitchInput = {
  backup: BackupRef;
  source: ResolvedSource;
  rule: SwitchRule;
  /** Zone whose worker restores; it opens the key and reaches the server. */
  zone: string;
  candidates: ResolvedRepository[];
  signers: Signer[];
  keys: ResolvedKey[];
  people: Person[];
  /** Who asked; not an approver. */
  person: string;
  reason: string;
  secondFactor?: Person[];
  request?: SignedRequest;
  audit?: AuditTarget;
};

export type SwitchPhase =
  | 'restoring'
  | 'waiting for approvals'
  | 'quiescing'
  | 'switching'
  | 'resuming'
  | 'undoing'
  | 'done'
  | 'failed'
  | 'aborted'
  | 'expired';

/** What the approvers are shown, and what their approval is bound to (law 8). */
export type SwitchFacts = {
  backup: BackupRef;
  dataTime: string;
  /** What the live database would lose: seconds since the backup's data. */
  lossSeconds: number;
  scratchDatabase: string;
  liveDatabase: string;
  keptAs: string;
  tables: number | null;
  rows: number | null;
  liveBytes: number;
};

export type SwitchProgress = {
  phase: SwitchPhase;
  facts: SwitchFacts | null;
  /** The text that approvers sign, and its SHA-256. */
  text: string | null;
  hash: string | null;
  approvals: { by: string; at: string }[];
  needed: number;
  role: string;
  notes: string[];
};

export type SwitchResult = {
  result: 'passed' | 'passed-with-exceptions' | 'failed' | 'aborted';
  attempt: RestoreAttempt | null;
  /** The name under which the old database is kept; null where nothing was switched. */
  keptAs: string | null;
  /** How long the services were stopped, in seconds. */
  downtime: number | null;
  reason: Reason | null;
  /** What was undone after a failure, and what could not be. */
  undone: string[];
  exceptions: string[];
};
