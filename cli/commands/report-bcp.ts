import type { Command } from 'commander';
import { HoldfastError } from '../../policy/errors.ts';
import type { ResolvedPolicy, ResolvedService } from '../../policy/resolved.ts';
import { bcpMarkdown } from '../../reports/bcp.ts';
import type { Act } from '../act.ts';
import { named } from '../backups.ts';
import { type DocumentOptions, documentOptions } from '../document-out.ts';
import { continuityPlan } from '../documents/continuity-plan.ts';
import { findReports, type ReportsAsked, readsReports } from '../found-reports.ts';
import { type KeepOptions, keepOption, keptOrGiven } from '../kept-document.ts';
import { asOption } from '../recorded.ts';
import { examples } from './examples.ts';

type Options = ReportsAsked & DocumentOptions & KeepOptions;

export function addReportBcp(report: Command, act: Act): void {
  const [format, html] = documentOptions();
  readsReports(report.command('bcp'))
    .description(
      'the continuity plan of a service: objectives, inventory, procedures, contacts, what was tested',
    )
    .argument('[service]', "one of the policy's services; with only one it need not be named")
    .addOption(format)
    .addOption(html)
    .option(...keepOption)
    .option(...asOption)
    .addHelpText(
      'after',
      examples('holdfast report bcp shop --html shop.html', 'holdfast report bcp shop --store --as dba-1'),
    )
    .action(
      act<Options>(async (context, options, [name]) => {
        const loaded = await context.loadPolicy();
        const service = serviceNamed(loaded.policy, name);
        const found = await findReports(context, options);
        const at = new Date().toISOString();
        const plan = continuityPlan(loaded, service, { ...found, at, person: options.as ?? null });
        return keptOrGiven(context, options, {
          kind: 'continuity-plan',
          subject: service.name,
          document: plan,
          markdown: bcpMarkdown(plan),
          ...{ at, exceptions: found.faults },
        });
      }),
    );
}

function serviceNamed({ services }: ResolvedPolicy, name: string | undefined): ResolvedService {
  if (name !== undefined) return named(services, name, 'service');
  const [only, ...others] = Object.values(services);
  if (only !== undefined && others.length === 0) return only;
  throw only === undefined
    ? new HoldfastError('bad-policy', 'The policy has no services.', {
        hint: 'Say under `services` what is kept running, and what it is made of; see docs/policy.md.',
      })
    : new HoldfastError('bad-usage', 'It is not said which service is meant.', {
        hint: `Name one: ${Object.keys(services).join(', ')}.`,
      });
}
