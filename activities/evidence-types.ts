import type {
  Evidence,
  PutEvidenceInput,
  PutEvidenceResult,
  ReadEvidenceInput,
  ShowEvidenceResult,
  SignEvidenceInput,
} from '../workflows/contract-evidence.ts';

export type EvidenceActivities = {
  /** A report as it is kept: canonical JSON, its signature by the zone's key, and the text for people. */
  signEvidence(input: SignEvidenceInput): Promise<Evidence>;
  /** Puts a report into repositories of the worker's zone, create-only. */
  putEvidence(input: PutEvidenceInput): Promise<PutEvidenceResult>;
  /** One report from the first of the repositories that has it and whose copy counts. */
  readOneReport(input: ReadEvidenceInput): Promise<ShowEvidenceResult>;
};
