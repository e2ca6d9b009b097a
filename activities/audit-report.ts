import { auditReport } from '../checks/audit-report.ts';
import { gatherIncidents } from '../checks/incidents.ts';
import { auditMarkdown } from '../reports/audit.ts';
import { zonesWithChains } from '../repository/audit/index.ts';
import { carryEvidence, signEvidence } from '../repository/index.ts';
import type { Evidence } from '../workflows/contract-evidence.ts';
import type {
  FoundIncidents,
  ReadIncidentsInput,
  SignAuditReportInput,
} from '../workflows/contract-report.ts';
import { lineOf, newestFirst } from './audit-read.ts';
import { withRepository } from './repositories.ts';
import type { Work } from './work.ts';

/** Reads the audit log back to the beginning of a period. */
export async function readIncidents(
  work: Work,
  { target, period }: ReadIncidentsInput,
): Promise<FoundIncidents> {
  const { signal } = work;
  const started = Date.now();
  return withRepository(target.repository, signal, async (store) => {
    const zones = await zonesWithChains(store, [], signal);
    const gathering = gatherIncidents(period);
    let unreadable = 0;
    let read = 0;
    for await (const { zone, link } of newestFirst(store, zones, { since: period.from }, signal)) {
      const line = lineOf(zone, link);
      if (line === null) unreadable += 1;
      else gathering.add(line);
      read += 1;
      if (read % 1000 === 0)
        work.report({
          phase: `reading the audit log, ${read.toLocaleString('en')} entries`,
          bytes: 0,
          bytesPerSecond: 0,
          elapsed: (Date.now() - started) / 1000,
        });
    }
    return gathering.found(unreadable);
  });
}

/** The report of a quarter, for people and for programs, signed with the key of this worker's zone. */
export async function signAuditReport(
  work: Work,
  { facts, signingKey }: SignAuditReportInput,
): Promise<Evidence> {
  const report = auditReport(facts);
  const signed = {
    kind: 'audit-report' as const,
    subject: `${report.period.name} ${report.organization}`,
    at: facts.at,
    document: { ...report },
  };
  const key = await work.secret(signingKey);
  return carryEvidence(await signEvidence(signed, auditMarkdown(report), key, work));
}
