import { openTrail } from './audit.ts';
import { recordOutcome } from './board.ts';
import type { Evidence, KeepReportInput, KeepReportResult } from './contract-evidence.ts';
import { keepEvidence } from './evidence.ts';

/** Signs a document that was made from facts with the key of a zone, and keeps it in every repository that can be written. */
export async function keepReport(input: KeepReportInput): Promise<KeepReportResult> {
  const { kind, subject, at, document, markdown, signingKeys, zones, repositories } = input;
  const made: Evidence[] = [];
  const kept = await keepEvidence({
    sign: async (work, signingKey) => {
      const signed = await work.signEvidence({ kind, subject, at, document, markdown, signingKey });
      made.push(signed);
      return signed;
    },
    ...{ signingKeys, zones, repositories },
  });
  const stored = kept.evidence?.stored ?? [];
  const unrecorded = await openTrail(input.audit, zones[0]).tryRecord({
    action: 'report.made',
    subject,
    outcome: stored.length > 0 ? 'done' : 'failed',
    person: input.person,
    hash: kept.evidence?.sha256,
  });
  const exceptions = [...kept.exceptions, ...(unrecorded === null ? [] : [unrecorded])];
  const clean = exceptions.length === 0 ? 'passed' : 'passed-with-exceptions';
  const result = stored.length === 0 ? 'failed' : clean;
  recordOutcome(result);
  return { result, evidence: made.at(-1) ?? null, stored, exceptions };
}
