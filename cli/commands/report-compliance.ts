import type { Command } from 'commander';
import { type ComplianceReport, complianceMarkdown } from '../../reports/compliance.ts';
import { judgeCriteria } from '../../reports/criteria.ts';
import { judgeRules } from '../../reports/mapping.ts';
import type { Act } from '../act.ts';
import { type DocumentOptions, documentOptions } from '../document-out.ts';
import { reviewOf } from '../documents/continuity-plan.ts';
import { findReports, type ReportsAsked, readsReports } from '../found-reports.ts';
import { type KeepOptions, keepOption, keptOrGiven } from '../kept-document.ts';
import { asOption } from '../recorded.ts';
import { examples } from './examples.ts';

type Options = ReportsAsked & DocumentOptions & KeepOptions;

export function addReportCompliance(report: Command, act: Act): void {
  const [format, html] = documentOptions();
  readsReports(report.command('compliance'))
    .description('rules of ISO 27001, SOC 2 and GDPR about backup and recovery, and which facts meet them')
    .addOption(format)
    .addOption(html)
    .option(...keepOption)
    .option(...asOption)
    .addHelpText(
      'after',
      examples(
        'holdfast report compliance --html rules.html',
        'holdfast report compliance --since 90d --json',
      ),
    )
    .action(
      act<Options>(async (context, options) => {
        const { policy, weaknesses } = await context.loadPolicy();
        const { reports, faults, period } = await findReports(context, options);
        const at = new Date().toISOString();
        const services = Object.values(policy.services);
        const criteria = judgeCriteria({
          policy,
          weaknesses: weaknesses.map(({ id }) => id),
          ...{ reports, period },
          overdue: services.filter((each) => reviewOf(each, at).overdue).map(({ name }) => name),
        });
        const made: ComplianceReport = {
          result: faults.length === 0 ? 'passed' : 'passed-with-exceptions',
          organization: policy.organization,
          policyHash: policy.hash,
          ...{ at, person: options.as ?? null, period },
          rules: judgeRules(criteria),
          criteria,
          exceptions: faults,
        };
        return keptOrGiven(context, options, {
          kind: 'compliance',
          subject: policy.organization,
          document: made,
          markdown: complianceMarkdown(made),
          ...{ at, exceptions: faults },
        });
      }),
    );
}
