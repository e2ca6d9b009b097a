import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Command } from 'commander';
import { HoldfastError } from '../../policy/errors.ts';
import { openCarried, type SignedEvidence } from '../../repository/index.ts';
import { type Workflows, workflowTypes } from '../../workflows/contract.ts';
import type { AuditReportResult } from '../../workflows/contract-report.ts';
import type { Act } from '../act.ts';
import { auditReportInput } from '../audit-report-input.ts';
import type { Context } from '../context.ts';
import { type DocumentOptions, documentOptions, giveOut } from '../document-out.ts';
import { exit } from '../io.ts';
import { quarterNamed } from '../quarter.ts';
import { asOption, recordedBy } from '../recorded.ts';
import { runToEnd, started, startOptions, zoneWithWorker } from '../run-workflow.ts';
import { examples } from './examples.ts';
import { addReportBcp } from './report-bcp.ts';
import { addReportChecklist } from './report-checklist.ts';
import { addReportCompliance } from './report-compliance.ts';
import { addReportReview } from './report-review.ts';

type Options = { quarter?: string; out?: string; as?: string } & DocumentOptions;

export function addReport(report: Command, act: Act): void {
  report.addHelpText('after', examples('holdfast report audit --quarter 2026Q4', 'holdfast report bcp shop'));
  addAuditReport(report, act);
  addReportBcp(report, act);
  addReportReview(report, act);
  addReportCompliance(report, act);
  addReportChecklist(report, act);
}

function addAuditReport(report: Command, act: Act): void {
  const [format, html] = documentOptions();
  report
    .command('audit')
    .description('a quarter: coverage, restore tests, storage and cost, incidents, recommendations; signed')
    .option('--quarter <quarter>', 'such as 2026Q4; else the last one that is over')
    .option('--out <directory>', 'write Markdown, JSON and its signature there, instead of printing Markdown')
    .option(...asOption)
    .addOption(format)
    .addOption(html)
    .addHelpText(
      'after',
      examples('holdfast report audit > report.md', 'holdfast report audit --quarter 2026Q4 --out reports'),
    )
    .action(
      act<Options>(async (context, { quarter, out, as, ...given }) => {
        const loaded = await context.loadPolicy();
        const { policy } = loaded;
        const period = quarterNamed(quarter, policy.timezone, new Date());
        const input = { ...auditReportInput(loaded, period), ...recordedBy(policy, as) };
        const { client } = await context.temporal();
        const kind = workflowTypes.auditReport;
        const run = await started(
          client.workflow.start<Workflows['auditReport']>(kind, {
            ...startOptions({
              zone: await zoneWithWorker(client, [
                ...new Set([...input.zones, ...Object.keys(policy.zones)]),
              ]),
              workflowId: `report/${period.name.slice(0, 6)}/${randomUUID().slice(0, 8)}`,
              kind,
              summary: `Report of ${period.name}`,
              timeout: 4 * 3600,
            }),
            args: [input],
          }),
        );
        const result = await runToEnd(context, run);
        await tell(context, result, { out, ...given });
        return result.stored.length === 0 ? exit.fault : exit.done;
      }),
    );
}

async function tell(
  context: Context,
  { result, evidence: carried, stored, exceptions }: AuditReportResult,
  { out, ...given }: { out: string | undefined } & DocumentOptions,
): Promise<void> {
  const evidence = carried === null ? null : openCarried(carried);
  const written = evidence === null || out === undefined ? [] : await write(evidence, out);
  const { path, sha256 } = evidence ?? {};
  const report: unknown = evidence === null ? null : JSON.parse(evidence.json);
  const facts = { result, path, sha256, stored, written, exceptions, report };
  const footer = evidence === null ? [] : [`Kept as ${path}`, `SHA-256 of the signed JSON: ${sha256}`];
  if (out === undefined || given.html !== undefined) {
    await giveOut(context, given, { markdown: evidence?.markdown ?? '', facts, footer });
    for (const file of written) context.remark(file);
  } else
    context.out.result(facts, () => {
      for (const file of written) context.out.line(file);
    });
  for (const sentence of exceptions) context.remark(sentence);
  if (stored.length > 0) context.remark(`Kept as ${path} in ${stored.join(', ')}.`);
  else context.remark('The report is kept nowhere, so it is no evidence.');
}

/** Each run has a name of its own, so that nothing is overwritten. */
async function write(evidence: SignedEvidence, directory: string): Promise<string[]> {
  const name = basename(evidence.path);
  const files = [
    [`${name}.md`, evidence.markdown],
    [`${name}.json`, evidence.json],
    [`${name}.json.sig`, evidence.signature],
  ] as const;
  try {
    await mkdir(directory, { recursive: true });
    for (const [file, text] of files) await writeFile(join(directory, file), text, { flag: 'wx' });
  } catch (cause) {
    throw new HoldfastError('access-denied', `The report could not be written into ${directory}.`, {
      hint: `It is kept in the repositories as ${evidence.path}.`,
      cause,
    });
  }
  return files.map(([file]) => join(directory, file));
}
