/** What is said of copies that lie in an archive class, and come back only after hours. */
import type { ResolvedRepository, Signer } from '../policy/resolved.ts';
import type { Thawing } from '../policy/resolved-proof.ts';
import type { BackupRef } from './contract-verify.ts';

/** How a restore treats copies in an archive class. */
export type ThawRule = Thawing;

export type ThawInput = {
  repository: ResolvedRepository;
  backup: BackupRef;
  signers: Signer[];
  /** Null only looks. */
  ask: {
    days: number;
    /** The marker that keeps the copy from expiring while it is waited for. */
    reading: { until: string; id: string };
  } | null;
};

/** How many files of a copy there are, how many of them can't be read now, and the bytes of those. */
export type ThawState = { files: number; asleep: number; bytes: number };
