/** What restores, their clients and their activities say to each other. */
import type { Person, ResolvedKey, ResolvedRepository, Signer } from '../policy/resolved.ts';
import type { ScratchServer } from '../policy/resolved-proof.ts';
import type { Recorded } from './contract.ts';
import type { StreamProgress } from './contract-backup.ts';
import type { SignedRequest } from './contract-request.ts';
import type { ThawRule } from './contract-thaw.ts';
import type { BackupRef } from './contract-verify.ts';

export type RestoreInput = {
  backup: BackupRef;
  /** Where the scratch place is made. */
  zone: string;
  /** Nearest first. */
  candidates: ResolvedRepository[];
  signers: Signer[];
  keys: ResolvedKey[];
  /** How long the scratch place stays for people to look at, in seconds; 0 destroys it at once. */
  keep: number;
  /** What of the backup; absent: all of it. Parts are compared as far as they were restored. */
  scope?: RestoreScope;
  /** Roles and their rights, where the backup has them; absent: yes. */
  globals?: boolean;
  /** Jobs of pg_restore; absent: 1. More need scratch space for the dump. */
  jobs?: number;
  /** A declared server that the scratch place is a database of; absent: a private one. Roles stay out of it. */
  server?: ScratchServer;
  /** Copies in an archive class are asked for and waited for, after those that can be read now; absent: not. */
  thaw?: ThawRule;
  /** Set where the policy wants a request signed with a hardware-backed key of one of these people. */
  secondFactor?: Person[];
  request?: SignedRequest;
} & Recorded;

export type RestoreScope = {
  /** As in the database: `orders`, `sales.orders`. */
  tables?: string[];
  schemaOnly?: boolean;
};

export type RestoreAttempt = {
  repository: string;
  signedBy: string;
  seconds: number;
  bytes: number;
  tables: number | null;
  rows: number | null;
  /** Empty: what was restored equals what was backed up. Null: the backup has no fingerprint to compare with. */
  differences: { what: string; expected: string; actual: string }[] | null;
  /** How many more differ than these. */
  more?: number;
  warnings: string[];
  /** What was not restored, as asked; nothing of it was compared. */
  leftOut?: string[];
};

export type RestoreResult = RestoreAttempt & {
  result: 'passed' | 'passed-with-exceptions' | 'failed';
  backup: BackupRef;
  /** Copies that could not be used, and why. */
  exceptions: string[];
};

/** Heartbeat of a restore; `connect` is there while the scratch place is kept. */
export type RestoreProgress = StreamProgress & { repository: string; connect?: string };

/** Name of the signal that ends the keeping of a scratch place before its time. */
export const releaseSignal = 'release';
