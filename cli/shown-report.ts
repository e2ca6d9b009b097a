import { randomUUID } from 'node:crypto';
import { foundReport } from '../activities/found-report.ts';
import { HoldfastError } from '../policy/errors.ts';
import { checkReport, evidenceOf, openCarried, sha256Of } from '../repository/index.ts';
import { type Workflows, workflowTypes } from '../workflows/contract.ts';
import type { FoundReport } from '../workflows/contract-report.ts';
import type { Context } from './context.ts';
import { atPlace } from './evidence-place.ts';
import { findReports, type ReportsAsked } from './found-reports.ts';
import { onlineRepositories } from './repositories.ts';
import { runToEnd, started, startOptions, zoneWithWorker } from './run-workflow.ts';
import { trustedSigners } from './trusted-signers.ts';

/** A report as it was signed, with what is said of it. */
export type ShownReport = {
  found: FoundReport;
  json: string;
  signature: string;
  /** Null where it is not the one that was signed with the report. */
  markdown: string | null;
};

const reportPath = /^[a-z-]+\/\d{4}\/\d{2}\/\d{8}T\d{6}Z-[a-z0-9-]+$/;

/**
 * The report of that path, or the newest one about a subject: a plan, a runbook, `drill/RUNBOOK`, the workflow id of a run.
 *
 * @param kinds only reports of these
 * @throws HoldfastError `not-found` when none is there that counts
 */
export async function reportNamed(
  context: Context,
  name: string,
  asked: ReportsAsked,
  kinds?: readonly string[],
): Promise<ShownReport> {
  if (reportPath.test(name)) return readReport(context, name, asked);
  const { reports, faults } = await findReports(context, asked);
  const found = reports.find(
    (report) => isNamed(report, name) && (kinds === undefined || kinds.includes(report.kind)),
  );
  if (found === undefined) throw noReport(name, faults);
  return readReport(context, found.path, asked);
}

/** A run by plan has an id of its own: `drill/shop` is also the newest of those. */
function isNamed({ kind, subject, run }: FoundReport, name: string): boolean {
  return [subject, run?.workflowId, `${kind}/${subject}`].includes(name);
}

async function readReport(context: Context, path: string, asked: ReportsAsked): Promise<ShownReport> {
  const { from, repository, trust } = asked;
  if (from === undefined && repository === undefined) return fromWorkers(context, path, trust);
  const signers = await trustedSigners(context, trust);
  return atPlace(context, { path: from, repository }, async ({ store, prefix }) => {
    const read = await checkReport(store, path, { prefix, signers, signal: context.io.signal });
    const { evidence, sha256, signedBy, faults } = read.report;
    if (evidence === null || sha256 === null || signedBy === null || faults.some(isOfJson))
      throw noReport(
        path,
        faults.map(({ sentence }) => sentence),
      );
    return {
      found: foundReport(path, evidence, { sha256, signedBy }),
      ...{ json: read.json, signature: read.signature },
      markdown: faults.length === 0 ? read.markdown : null,
    };
  });
}

const isOfJson = ({ fault }: { fault: string }): boolean => !fault.startsWith('markdown');

async function fromWorkers(context: Context, path: string, trust: string | undefined): Promise<ShownReport> {
  const { policy } = await context.loadPolicy();
  const signers = await trustedSigners(context, trust);
  const repositories = onlineRepositories(policy);
  const { client } = await context.temporal();
  const kind = workflowTypes.showEvidence;
  const run = await started(
    client.workflow.start<Workflows['showEvidence']>(kind, {
      ...startOptions({
        zone: await zoneWithWorker(client, [...new Set(repositories.map(({ zone }) => zone))]),
        workflowId: `show-evidence/${randomUUID()}`,
        kind,
        summary: `Report ${path}`,
        timeout: 3600,
      }),
      args: [{ repositories, signers, path }],
    }),
  );
  const { shown, faults } = await runToEnd(context, run);
  if (shown === null) throw noReport(path, faults);
  const { json, signature, markdown, sha256 } = openCarried(shown.evidence);
  const document = evidenceOf(Buffer.from(json));
  if (document === null) throw noReport(path, faults);
  const whole = document.markdownSha256 === undefined || document.markdownSha256 === sha256Of(markdown);
  return {
    found: foundReport(path, document, { sha256, signedBy: shown.signedBy }),
    ...{ json, signature },
    markdown: whole ? markdown : null,
  };
}

function noReport(name: string, faults: readonly string[]): HoldfastError {
  return new HoldfastError('not-found', [`There is no report of ${name} that counts.`, ...faults].join(' '), {
    hint: '`holdfast evidence list` shows what there is of the last year; --since goes further back.',
  });
}
