/** The verification of a backup's copies. */
import type { ResolvedKey, ResolvedRepository, Signer } from '../policy/resolved.ts';
import type { Outcome, Recorded } from './contract.ts';
import type { DocumentFault } from './contract-mend.ts';

export type BackupRef = { source: string; backupId: string };

export type VerifyInput = {
  backup: BackupRef;
  repositories: ResolvedRepository[];
  signers: Signer[];
  /** Decrypt where a zone has the key, and read the table of contents. */
  deep: boolean;
  keys: ResolvedKey[];
} & Recorded;

export type CopyVerification = {
  repository: string;
  outcome: 'passed' | 'failed' | 'not-checked';
  signedBy?: string;
  bytes: number;
  files: number;
  /** Files that were also compared with the checksum that the repository's service keeps. */
  serviceChecksums?: number;
  /** Entries in the table of contents; absent when it was not read. */
  contents?: number;
  /** What is wrong with RESTORE.md, where the rest is whole. */
  document?: DocumentFault;
  /** Everything that is wrong, or why a check could not be made. */
  sentences: string[];
};

export type VerifyResult = {
  result: Outcome;
  backup: BackupRef;
  copies: CopyVerification[];
  /** Present where the audit log could not be written. */
  warnings?: string[];
};
