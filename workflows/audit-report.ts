import { isCancellation, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { openTrail } from './audit.ts';
import { recordOutcome } from './board.ts';
import type { Evidence } from './contract-evidence.ts';
import type { AuditFacts, AuditReportInput, AuditReportResult, FoundIncidents } from './contract-report.ts';
import { keepEvidence } from './evidence.ts';
import { failWith, reasonOf } from './failures.ts';
import { findReports } from './found-reports.ts';
import { carriedOf, leftOut } from './message-size.ts';
import { activitiesIn, patient } from './proxies.ts';
import { survey } from './survey.ts';

const reading = { within: 7200, attempts: 3, patience: patient };

/**
 * The report of a quarter: reports that were kept, the audit log, what repositories hold and what it costs, signed and
 * kept as evidence itself. What can't be read is told in the report, which then says nothing of it (law 11).
 */
export async function auditReport(input: AuditReportInput): Promise<AuditReportResult> {
  try {
    const facts = await gather(input);
    const result = await keep(input, facts);
    recordOutcome(result.result);
    setCurrentDetails(
      result.evidence === null
        ? 'The report could not be signed.'
        : `\`${result.evidence.path}\` in ${result.stored.join(', ')}`,
    );
    return result;
  } catch (error) {
    recordOutcome(isCancellation(error) ? 'aborted' : 'failed');
    throw isCancellation(error) ? error : failWith(reasonOf(error));
  }
}

async function gather(input: AuditReportInput): Promise<AuditFacts> {
  const { signingKeys: _keys, signers: _signers, audit: _audit, zones: _zones, ...said } = input;
  const { workflowId, runId } = workflowInfo();
  const [found, looked, incidents] = await Promise.all([
    findReports(input),
    survey({
      repositories: input.repositories,
      plans: input.plans.map(({ name, source, copies, shared }) => ({
        plan: name,
        source,
        repositories: copies.map((copy) => copy.name),
        shared,
      })),
    }),
    readIncidents(input),
  ]);
  const unread = looked.repositories.flatMap(({ repository, unreadable }) =>
    unreadable === null ? [] : [`What ${repository} holds could not be read: ${unreadable}`],
  );
  const rest = {
    input: said,
    at: new Date(Date.now()).toISOString(),
    run: { workflowId, runId },
    surveys: looked.repositories,
    incidents: incidents.found,
    exceptions: [...unread, ...found.faults, ...incidents.faults],
  };
  const newest = found.reports.sort((a, b) => (a.at < b.at ? 1 : -1));
  const reports = carriedOf(newest, rest);
  return { ...rest, reports, exceptions: [...rest.exceptions, ...leftOut(reports.length, newest.length)] };
}

async function readIncidents({
  audit,
  period,
}: AuditReportInput): Promise<{ found: FoundIncidents | null; faults: string[] }> {
  if (audit === undefined)
    return { found: null, faults: ['No audit log is kept, so nothing tells of incidents.'] };
  try {
    const found = await activitiesIn(audit.repository.zone, reading).readIncidents({ target: audit, period });
    return { found, faults: [] };
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { found: null, faults: [`The audit log could not be read: ${reasonOf(error).sentence}`] };
  }
}

async function keep(input: AuditReportInput, facts: AuditFacts): Promise<AuditReportResult> {
  const made: Evidence[] = [];
  const { evidence, exceptions } = await keepEvidence({
    sign: async (work, signingKey) => {
      const signed = await work.signAuditReport({ facts, signingKey });
      made.push(signed);
      return signed;
    },
    signingKeys: input.signingKeys,
    zones: input.zones,
    repositories: input.repositories,
  });
  const stored = evidence?.stored ?? [];
  const unrecorded = await openTrail(input.audit, input.zones[0]).tryRecord({
    action: 'report.made',
    subject: input.period.name,
    outcome: stored.length > 0 ? 'done' : 'failed',
    person: input.person,
    hash: evidence?.sha256,
  });
  const all = [...facts.exceptions, ...exceptions, ...(unrecorded === null ? [] : [unrecorded])];
  const clean = all.length === 0 ? 'passed' : 'passed-with-exceptions';
  return {
    result: stored.length === 0 ? 'failed' : clean,
    evidence: made.at(-1) ?? null,
    stored,
    exceptions: all,
  };
}
