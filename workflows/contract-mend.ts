/** RESTORE.md beside a copy, put right alone: what a person without Holdfast restores by. */
import type { ResolvedRepository, Signer } from '../policy/resolved.ts';
import type { DocumentFault } from '../repository/restore-doc-check.ts';
import type { BackupRef } from './contract-verify.ts';

export type { DocumentFault };

export type MendInput = { backup: BackupRef; repository: ResolvedRepository; signers: Signer[] };

/** What was wrong with it; absent: nothing, and nothing was written. */
export type MendResult = { document?: DocumentFault };

/** What is wrong with the RESTORE.md of a backup in a repository. */
export const documentSentence = (
  fault: DocumentFault,
  { backupId }: BackupRef,
  repository: string,
): string =>
  fault === 'missing'
    ? `RESTORE.md of ${backupId} is missing in ${repository}.`
    : `RESTORE.md of ${backupId} in ${repository} is not what its signed manifest gives.`;
