import { failoverMarkdown } from '../reports/failover.ts';
import { carryEvidence, signEvidence } from '../repository/index.ts';
import type { Evidence } from '../workflows/contract-evidence.ts';
import type { SignFailoverReportInput } from '../workflows/contract-failover.ts';
import type { Work } from './work.ts';

/** The report of a run, for people and for programs, signed with the key of this worker's zone. */
export async function signFailoverReport(
  work: Work,
  { report, signingKey }: SignFailoverReportInput,
): Promise<Evidence> {
  const kind = report.mode === 'real' ? 'failover' : 'drill';
  const facts = { kind, subject: report.runbook, at: report.endedAt, document: { ...report } } as const;
  const key = await work.secret(signingKey);
  return carryEvidence(await signEvidence(facts, failoverMarkdown(report), key, work));
}
