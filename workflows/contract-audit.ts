/** What is recorded in the audit log, and what its workflows and their clients say to each other. */
import type { AuditTarget, Signer } from '../policy/resolved.ts';

/** Everything that is recorded. The part before the dot is what it happened to. */
export const auditActions = [
  'backup.created',
  'backup.failed',
  'backup.verified',
  'backup.retrieved',
  'backup.restored',
  'backup.promoted',
  'backup.expired',
  'backup.held',
  'backup.released',
  'copy.filled',
  'policy.applied',
  'request.refused',
  'deletion.requested',
  'deletion.approved',
  'deletion.refused',
  'deletion.cancelled',
  'deletion.begun',
  'deletion.done',
  'retention.confirmed',
  'repository.swept',
  'repository.attached',
  'repository.detached',
  'lifecycle.written',
  'backup.tested',
  'copy.healed',
  'switch.requested',
  'switch.approved',
  'switch.refused',
  'switch.cancelled',
  'switch.begun',
  'switch.done',
  'switch.undone',
  'database.refreshed',
  'copies.checked',
  'alert.opened',
  'alert.closed',
  'report.made',
  'failover.declared',
  'failover.approved',
  'failover.decided',
  'failover.refused',
  'failover.step',
  'failover.told',
  'failover.aborted',
  'failover.ended',
  'follow-up.added',
  'follow-up.moved',
  'follow-up.assigned',
  'follow-up.closed',
] as const;

export type AuditAction = (typeof auditActions)[number];

/** Something that happened, as a workflow tells it. */
export type AuditEvent = {
  /** Tells one event from another: the same id recorded twice is one entry. */
  id: string;
  action: AuditAction;
  /** What it happened to: `shop/20261121T010000Z-1a2b3c4d`, a repository, a plan. */
  subject: string;
  outcome: 'done' | 'refused' | 'failed';
  /** When it happened, by the workflow's clock. */
  at: string;
  /** Who asked for it, where a person did. */
  person?: string;
  reason?: string;
  workflowId: string;
  runId: string;
  /** SHA-256 of what it is about: a manifest, the list that was approved. */
  hash?: string;
  facts?: Record<string, string | number>;
};

/* ---- record ---- */

export type RecordInput = { target: AuditTarget; events: AuditEvent[] };

export type RecordResult = {
  /** The number of the last of these events in the zone's chain. */
  seq: number;
  /** SHA-256 of that entry. */
  hash: string;
  /** Witnesses that could not be given the signed head. */
  unwitnessed: { repository: string; sentence: string }[];
};

/* ---- read ---- */

export type AuditFilter = {
  zone?: string;
  /** Entries of events that happened at this instant or later. */
  since?: string;
  action?: string;
  /** The whole subject, or what it starts with up to a slash: `shop`. */
  subject?: string;
  person?: string;
};

export type AuditInput = {
  target: AuditTarget;
  filter: AuditFilter;
  /** Newest first, at most so many. */
  limit: number;
};

/** An entry of the log, as it is shown. */
export type AuditLine = Omit<AuditEvent, 'action'> & {
  zone: string;
  seq: number;
  /** An action of a later version is shown as well. */
  action: string;
  recordedAt: string;
  worker: string;
};

export type AuditResult = {
  entries: AuditLine[];
  /** More entries matched than the limit let through. */
  more: boolean;
  /** Entries that could not be understood; `audit verify` tells more. */
  unreadable: { zone: string; seq: number }[];
};

/* ---- verify ---- */

export type VerifyAuditInput = { target: AuditTarget; zone?: string; signers: Signer[] };

export type ChainVerification = {
  zone: string;
  outcome: 'passed' | 'failed';
  entries: number;
  heads: number;
  /** The last entry that was found to be good: its number and its hash, to be kept outside. */
  last: { seq: number; hash: string; recordedAt: string } | null;
  /** The first link that does not hold. */
  broken: {
    kind: 'deletion' | 'insertion' | 'change' | 'reordering' | 'truncation' | 'head';
    seq: number;
    sentence: string;
  } | null;
  /** What is not proven, such as entries without a signed head. */
  exceptions: string[];
};

export type VerifyAuditResult = {
  result: 'passed' | 'passed-with-exceptions' | 'failed';
  chains: ChainVerification[];
  /** What could not be compared, by no fault of anything. */
  exceptions: string[];
  /** Witnesses that could not be read: what they know was not compared. */
  unreadable: { repository: string; sentence: string }[];
};
