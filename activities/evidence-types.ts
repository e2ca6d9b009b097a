import type {
  Evidence,
  PutEvidenceInput,
  PutEvidenceResult,
  SignEvidenceInput,
} from '../workflows/contract-evidence.ts';

export type EvidenceActivities = {
  /** A report as it is kept: canonical JSON, its signature by the zone's key, and the text for people. */
  signEvidence(input: SignEvidenceInput): Promise<Evidence>;
  /** Puts a report into repositories of the worker's zone, create-only. */
  putEvidence(input: PutEvidenceInput): Promise<PutEvidenceResult>;
};
