/** What the activities of guarded deletion and of signed requests take and give. Types only. */
import type { Person, ResolvedRepository } from '../policy/resolved.ts';
import type { CopyRemoval, RepositorySurvey, SurveyInput } from '../workflows/contract-deletion.ts';
import type { RequestKind, SignedRequest } from '../workflows/contract-request.ts';
import type { BackupRef } from '../workflows/contract-verify.ts';

export type CheckApprovalInput = {
  text: string;
  signature: string;
  person: Person;
  /** What the signature must have been made for; absent: a deletion. */
  purpose?: 'switch' | 'failover';
};

/** The fingerprint of the key that signed, or why the signature does not hold. */
export type ApprovalCheck = { key: string } | { refusal: string };

export type RemoveCopyInput = {
  repository: ResolvedRepository;
  backup: BackupRef;
  /** Eight hex digits of the run, the same for every attempt. */
  run: string;
};

export type CheckRequestInput = {
  kind: RequestKind;
  subject: string;
  request: SignedRequest;
  /** Whose hardware-backed keys count. */
  people: Person[];
  workflowId: string;
  runId: string;
  /** When the run started, by Temporal's clock. */
  startedAt: string;
};

export type DeletionActivities = {
  /** What repositories of the worker's zone hold of backups that are to go, and what would be left. */
  surveyDeletion(input: SurveyInput): Promise<RepositorySurvey[]>;
  /** The SHA-256 of a text, in hex. */
  sealText(input: { text: string }): Promise<string>;
  /** Verifies the signature of an approval. */
  checkApproval(input: CheckApprovalInput): Promise<ApprovalCheck>;
  /** Removes every version of a copy for good, and looks that nothing is left. */
  removeBackupCopy(input: RemoveCopyInput): Promise<CopyRemoval>;
};

export type RequestActivities = {
  /** Why a signed request does not count; null when it does. */
  checkRequest(input: CheckRequestInput): Promise<string | null>;
};
