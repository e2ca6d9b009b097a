import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { type DocumentOptions, documentOptions, giveOut } from '../document-out.ts';
import { type ReportsAsked, readsReports } from '../found-reports.ts';
import { exit } from '../io.ts';
import { reportNamed } from '../shown-report.ts';
import { examples } from './examples.ts';

export function addEvidenceShow(evidence: Command, act: Act): void {
  const [format, html] = documentOptions();
  readsReports(evidence.command('show'))
    .description('print a signed report, and who signed it')
    .argument(
      '<report>',
      'a report as `evidence list` names it, or a plan, a runbook or a run for its newest one',
    )
    .addOption(format)
    .addOption(html)
    .addHelpText(
      'after',
      examples(
        'holdfast evidence show drill/shop-failover --html drill.html',
        'holdfast evidence show restore-test/2026/12/20261206T010312Z-shop-daily',
      ),
    )
    .action(
      act<ReportsAsked & DocumentOptions>(async (context, { format, html, ...asked }, [name = '']) => {
        const { found, json, markdown } = await reportNamed(context, name, asked);
        const { path, sha256, signedBy } = found;
        const report: unknown = JSON.parse(json);
        await giveOut(
          context,
          { format, ...(html === undefined ? {} : { html }) },
          {
            markdown: markdown ?? unfitting(json),
            facts: { ...found, markdownHolds: markdown !== null, report },
            footer: [`${path}, signed by ${signedBy}`, `SHA-256 of the signed JSON: ${sha256}`],
          },
        );
        if (markdown === null)
          context.remark('The text for people beside it is not the one that was signed: here are the facts.');
        context.remark(`Signed by ${signedBy}: ${path}, SHA-256 ${sha256}.`);
        return markdown === null ? exit.fault : exit.done;
      }),
    );
}

/** What was signed, where the text beside it is another one. */
const unfitting = (json: string): string =>
  [
    '# A report whose text was changed',
    '',
    ...json
      .trimEnd()
      .split('\n')
      .map((line) => `    ${line}`),
    '',
  ].join('\n');
