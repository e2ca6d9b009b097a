/** Reports that are kept as evidence: signed JSON, beside it Markdown for people, under `_evidence/` of repositories. */
import type { ResolvedRepository, SecretRef } from '../policy/resolved.ts';
import type { EvidenceDocument } from '../repository/evidence.ts';

export type EvidenceKind = EvidenceDocument['kind'];

/** What is put into each repository: the same bytes everywhere. */
export type Evidence = {
  /** `restore-test/2026/12/20261206T010312Z-shop-daily`, below `_evidence/`, without an extension. */
  path: string;
  /** Canonical JSON, as it was signed. */
  json: string;
  /** `ssh-keygen -Y sign`, namespace `holdfast-evidence`. */
  signature: string;
  markdown: string;
  sha256: string;
};

export type SignEvidenceInput = {
  kind: EvidenceKind;
  /** What it is about: a plan, or the policy's organization. */
  subject: string;
  /** ISO 8601. */
  at: string;
  /** The facts; secrets have no place in them. */
  document: object;
  markdown: string;
  signingKey: SecretRef;
};

export type PutEvidenceInput = { repositories: ResolvedRepository[]; evidence: Evidence };

/** Where it is kept, and where it could not be put. */
export type PutEvidenceResult = { stored: string[]; failed: { repository: string; sentence: string }[] };
