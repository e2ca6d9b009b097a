/** Reports that are kept as evidence: signed JSON, beside it Markdown for people, under `_evidence/` of repositories. */
import type { ResolvedRepository, SecretRef, Signer } from '../policy/resolved.ts';
import type { EvidenceDocument } from '../repository/evidence.ts';
import type { CarriedEvidence } from '../repository/evidence-carried.ts';
import type { Outcome, Recorded } from './contract.ts';
import type { Period } from './contract-report.ts';

export type EvidenceKind = EvidenceDocument['kind'];

/** What is put into each repository: the same bytes everywhere. */
export type Evidence = CarriedEvidence;

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

/* ---- reading, and keeping what a person made ---- */

/** The workflow `evidence`: which reports of a period there are, each asked of its own zone. */
export type EvidenceInput = {
  repositories: ResolvedRepository[];
  signers: Signer[];
  period: Period;
};

/** The workflow `showEvidence`: one report as it was signed. */
export type ShowEvidenceInput = {
  repositories: ResolvedRepository[];
  signers: Signer[];
  path: string;
};

/** A report whose signature holds, wherever it was found first. */
export type ShownEvidence = {
  repository: string;
  signedBy: string;
  evidence: Evidence;
};

export type ShowEvidenceResult = {
  shown: ShownEvidence | null;
  /** Why it was not taken from a repository. */
  faults: string[];
};

/** The workflow `keepReport`: signs a document that somebody made from facts, and keeps it. */
export type KeepReportInput = Omit<SignEvidenceInput, 'signingKey'> & {
  /** The private signing key by zone. */
  signingKeys: Record<string, SecretRef>;
  /** Zones that may sign it, the preferred one first. */
  zones: string[];
  repositories: ResolvedRepository[];
} & Recorded;

export type KeepReportResult = {
  result: Outcome;
  /** The signed report itself; null when nobody could sign it. */
  evidence: Evidence | null;
  stored: string[];
  exceptions: string[];
};

export type ReadEvidenceInput = {
  /** Repositories of the worker's zone. */
  repositories: ResolvedRepository[];
  signers: Signer[];
  path: string;
};
