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
  SecretRef,
  Signer,
} from '../policy/resolved.ts';
import type { SwitchRule } from '../policy/resolved-proof.ts';
import type { Reason } from './contract.ts';
import type { Cancellation, CountedApproval, RefusedMessage } from './contract-approval.ts';
import type { SignedRequest } from './contract-request.ts';
import type { RestoreAttempt } from './contract-restore.ts';
import type { BackupRef } from './contract-verify.ts';

export type SwitchInput = {
  organization: string;
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
  /** The private signing key by zone; absent: no report is kept. */
  signingKeys?: Record<string, SecretRef>;
  /** The zone that keeps the alerts; absent: nobody is told. */
  alertZone?: string;
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
  | 'refused'
  | 'cancelled'
  | 'expired';

/** A scratch database that is to take the place of a live one on the same server. */
export type SwitchOrder = {
  live: string;
  /** PostgreSQL's number of the database: tells it from any other, whatever it is called. */
  liveOid: number;
  scratch: string;
  scratchOid: number;
  /** What the live one is called afterwards. */
  keptAs: string;
  /** The run whose mark the scratch database bears. */
  workflowId: string;
};

/** What the approvers are shown, and what their approval is bound to (law 8). */
export type SwitchFacts = {
  backup: BackupRef;
  repository: string;
  dataTime: string;
  /** What the live database would lose: seconds since the backup's data, when this was computed. */
  lossSeconds: number;
  order: SwitchOrder;
  tables: number | null;
  rows: number | null;
  liveBytes: number;
  /** What approvers should know: what is not carried over, what differs between hosts. */
  notes: string[];
};

export type SwitchProgress = {
  workflowId: string;
  phase: SwitchPhase;
  source: string;
  requester: string;
  reason: string;
  requestedAt: string;
  rule: Pick<SwitchRule, 'approvals' | 'role' | 'signatures' | 'expires'>;
  /** Who may approve: of the role, and not the requester. */
  approvers: string[];
  facts: SwitchFacts | null;
  /** The text that approvers sign, and its SHA-256. */
  text: string | null;
  hash: string | null;
  approvals: CountedApproval[];
  refused: RefusedMessage[];
  /** When it is given up for want of approvals. */
  expiresAt: string | null;
  cancelled: (Cancellation & { at: string }) | null;
  /** What happened, and why it did not where it did not. */
  notes: string[];
};

export type SwitchResult = {
  result: 'passed' | 'passed-with-exceptions' | 'failed' | 'aborted';
  backup: BackupRef;
  attempt: RestoreAttempt | null;
  /** The name under which the old database is kept; null where nothing was switched. */
  keptAs: string | null;
  /** SQL that gives the old database its place back; empty where nothing was switched. */
  back: string[];
  /** How long the services were stopped, in seconds. */
  downtime: number | null;
  approvals: CountedApproval[];
  reason: Reason | null;
  /** What was undone after a failure, and what could not be. */
  undone: string[];
  exceptions: string[];
  /** The signed report, and where it is kept. */
  evidence: { path: string; sha256: string; stored: string[] } | null;
};

/** The purpose of an approval's SSH signature: none for a deletion counts for a switch. */
export const switchNamespace = 'holdfast-switch';
