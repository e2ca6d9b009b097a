/** What is recorded in the audit log, and what its workflows and their clients say to each other. */
import type { AuditTarget } from '../policy/resolved.ts';

/** Everything that is recorded. The part before the dot is what it happened to. */
export const auditActions = [
  'backup.created',
  'backup.failed',
  'backup.verified',
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
