/** What a guarded deletion, its clients and its activities say to each other. */
import type { AuditTarget, DeletionRule, Person, ResolvedRepository, Signer } from '../policy/resolved.ts';
import type { Outcome } from './contract.ts';
import type { Cancellation, CountedApproval, RefusedMessage } from './contract-approval.ts';
import type { SignedRequest } from './contract-request.ts';
import type { BackupRef } from './contract-verify.ts';

export type DeletionInput = {
  organization: string;
  policyHash: string;
  /** Whose workers check signatures and write the audit log: the run's own task queue. */
  zone: string;
  requester: string;
  reason: string;
  backups: BackupRef[];
  /** Every repository that may hold a copy. */
  repositories: ResolvedRepository[];
  signers: Signer[];
  people: Person[];
  rule: DeletionRule;
  audit?: AuditTarget;
  /** The zone that keeps the alerts; absent: nobody is told that they are asked. */
  alertZone?: string;
  /** Where the rule wants a second factor. */
  request?: SignedRequest;
};

export type DeletionPhase =
  | 'examining'
  | 'waiting for approvals'
  | 'waiting out the delay'
  | 'checking again'
  | 'deleting'
  | 'deleted'
  | 'deleted with exceptions'
  | 'refused'
  | 'cancelled'
  | 'expired'
  | 'failed';

/** One copy that goes, without the markers beside it, which come and go. */
export type DoomedCopy = {
  repository: string;
  files: number;
  /** Versions and delete markers in all. */
  versions: number;
  bytes: number;
};

export type DeletionItem = {
  backup: BackupRef;
  /** Why law 4 lets it go. */
  because: string;
  copies: DoomedCopy[];
};

/** What is deleted, as approvals are bound to it. */
export type DeletionList = {
  items: DeletionItem[];
  /** Repositories that a person attaches and that are not there: a copy in them stays. */
  notReached: string[];
  /** The canonical text, and its SHA-256. */
  text: string;
  sha256: string;
};

/** What became of one copy. */
export type CopyRemoval = {
  backup: BackupRef;
  repository: string;
  outcome: 'waiting' | 'removed' | 'locked' | 'denied' | 'incomplete' | 'failed';
  lockedUntil?: string;
  /** Versions that went. */
  removed: number;
  sentences: string[];
};

/** What the query `progress` answers. */
export type DeletionProgress = {
  workflowId: string;
  phase: DeletionPhase;
  requester: string;
  reason: string;
  requestedAt: string;
  backups: BackupRef[];
  rule: DeletionRule;
  /** Who may approve: of the role, and not the requester. */
  approvers: string[];
  list: DeletionList | null;
  approvals: CountedApproval[];
  refused: RefusedMessage[];
  /** When the request ends for want of approvals. */
  expiresAt: string | null;
  /** When it happens. */
  due: string | null;
  cancelled: (Cancellation & { at: string }) | null;
  copies: CopyRemoval[];
  /** Why it did not happen, or not wholly. */
  sentences: string[];
};

export type DeletionResult = {
  result: Extract<Outcome, 'passed' | 'passed-with-exceptions' | 'aborted'>;
  outcome: 'deleted' | 'cancelled' | 'expired';
  backups: BackupRef[];
  sha256: string;
  requester: string;
  approvals: CountedApproval[];
  copies: CopyRemoval[];
  exceptions: string[];
};

/** The purpose of an approval's SSH signature. */
export const approvalNamespace = 'holdfast-approval';

/* ---- activities ---- */

export type SurveyInput = {
  /** All of one zone. */
  repositories: ResolvedRepository[];
  backups: BackupRef[];
  signers: Signer[];
};

/** What a repository says of the backups that are to go, and of those that would be left. */
export type RepositorySurvey = {
  repository: string;
  /** Why it could not be read: it decides nothing then (law 4). */
  unreadable?: string;
  /** The newest verified backup of each source that stays. */
  newest: { source: string; backupId: string }[];
  found: SurveyedCopy[];
};

export type SurveyedCopy = DoomedCopy & {
  backup: BackupRef;
  /** Whether it has a manifest, and is no deletion's half-done work. */
  whole: boolean;
  /** The last day of the longest tier it was promised to be kept as. */
  keptAs: { tier: string; until: string } | null;
  /** Legal holds that nobody released. */
  holds: string[];
  /** Until when restores may read it. */
  readers: string[];
  /** Backups that stay and can't be restored without it. */
  neededBy: string[];
  /** The latest day of any lock; null where nothing is locked. */
  lockedUntil: string | null;
  /** Why it could not be asked whether it is locked. */
  lockUnknown?: string;
  /** The store's own legal hold is on a file. */
  legalHold: boolean;
};
