/** What keeps repositories and workers in order: the policy is laid down, debris is swept, a zone is examined. */
import type { PublicKeys } from '../policy/key-files.ts';
import type {
  ResolvedKey,
  ResolvedRepository,
  ResolvedSource,
  SecretRef,
  Signer,
} from '../policy/resolved.ts';
import type { Recorded } from './contract.ts';

export type PublishInput = {
  organization: string;
  hash: string;
  text: string;
  repositories: ResolvedRepository[];
  /** By whom it is signed, so that a recovery can begin with it; absent: it is laid down unsigned. */
  seal?: PolicySeal;
} & Recorded;
/** What is signed with a policy's text, where, and with which key. */
export type PolicySeal = { at: string; publicKeys: PublicKeys; zone: string; signingKey: SecretRef };
export type PublishResult = {
  /** Present where the audit log could not be written. */
  warnings?: string[];
  repositories: {
    repository: string;
    outcome: 'marked' | 'published' | 'unchanged' | 'failed';
    sentence?: string;
    /** Fingerprint of the key that signed what was laid down; absent: it is unsigned. */
    signedBy?: string;
  }[];
};

export type DoctorInput = {
  zone: string;
  sources: ResolvedSource[];
  keys: ResolvedKey[];
  /** Probed from this zone. */
  repositories: ResolvedRepository[];
  signingKey: SecretRef | null;
  signers: Signer[];
};

export type DoctorFinding = {
  subject: string;
  check: string;
  outcome: 'ok' | 'warning' | 'fault';
  sentence: string;
};
export type DoctorResult = { zone: string; findings: DoctorFinding[] };

export type SweepInput = { repository: ResolvedRepository; graceSeconds: number; dryRun: boolean } & Recorded;
export type SweepResult = {
  repository: string;
  removed: string[];
  kept: { key: string; sentence: string }[];
  unfinishedUploads: number;
  /** Present where the audit log could not be written. */
  warnings?: string[];
};
