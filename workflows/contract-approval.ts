/** What people say to a run that wants approvals (law 8), and what it answers. */
import type { DeletionRule } from '../policy/resolved.ts';

/** How many must approve, of which role, whether they sign, and the seconds that they have. */
export type ApprovalRule = Pick<DeletionRule, 'approvals' | 'role' | 'signatures' | 'expires'>;

/** An approval as it is sent, by Update or by Signal. */
export type Approval = {
  by: string;
  /** SHA-256 of the text that was seen. */
  hash: string;
  /** SSH signature, in the namespace of its purpose; absent where the rule trusts names. */
  signature?: string;
};

/** An approval that counts. */
export type CountedApproval = {
  by: string;
  at: string;
  /** Fingerprint of the key that signed it; null where the rule trusts names. */
  key: string | null;
};

export type Cancellation = { by: string; reason: string };

/** What an Update is answered. */
export type Answer = {
  outcome: 'approved' | 'cancelled' | 'refused';
  sentence: string;
  approvals: number;
  needed: number;
};

/** A message that was heard and not followed. */
export type RefusedMessage = { what: 'approval' | 'cancellation'; by: string; at: string; sentence: string };

/** Names of the messages: each an Update and a Signal. */
export const approveMessage = 'approve';
export const cancelMessage = 'cancel';
