import type { Command } from 'commander';
import { runbookMarkdown } from '../../reports/runbook.ts';
import type { Act } from '../act.ts';
import { type DocumentOptions, documentOptions, giveOut } from '../document-out.ts';
import { runbookNamed } from '../failovers.ts';
import { exit } from '../io.ts';
import { documentOf } from '../runbook-document.ts';
import { examples } from './examples.ts';

export function addRunbookPrint(runbook: Command, act: Act): void {
  const [format, html] = documentOptions();
  runbook
    .command('print')
    .description(
      'print a runbook as a document, with the exact commands to follow by hand when nothing else works',
    )
    .argument('<runbook>', "the name of one of the policy's runbooks")
    .addOption(format)
    .addOption(html)
    .addHelpText(
      'after',
      examples(
        'holdfast runbook print shop-failover > shop-failover.md',
        'holdfast runbook print shop-failover --json',
      ),
    )
    .action(
      act<DocumentOptions>(async (context, options, [name = '']) => {
        const { policy } = await context.loadPolicy();
        const document = documentOf(policy, runbookNamed(policy, name), new Date().toISOString());
        const { runbook: printed, steps, printedAt } = document;
        const { name: of, version, policyHash } = printed;
        await giveOut(context, options, {
          markdown: runbookMarkdown(document),
          facts: { runbook: of, version, policyHash, printedAt, steps },
        });
        return exit.done;
      }),
    );
}
