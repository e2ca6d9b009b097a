import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { named } from '../backups.ts';
import { exit } from '../io.ts';
import { statusDocument } from '../status/document.ts';
import { gatherFacts } from '../status/gather.ts';
import { printStatus } from '../status/print.ts';
import { examples } from './examples.ts';

export function addStatus(command: Command, act: Act): void {
  command
    .option('--plan <plan>', 'this plan only')
    .option('--all', 'every plan and every fault, also where they fill more than a screen')
    .addHelpText('after', examples('holdfast status', 'holdfast status --plan shop-daily --json'))
    .action(
      act<{ plan?: string; all?: true }>(async (context, { plan, all }) => {
        const { policy } = await context.loadPolicy();
        const plans = plan === undefined ? Object.values(policy.plans) : [named(policy.plans, plan, 'plan')];
        context.progress.show(`Asking how ${plans.length} plans stand`);
        const now = new Date();
        const { facts, airgapped } = await gatherFacts(context, {
          ...{ policy, plans, now },
          whole: plan === undefined,
        });
        const document = statusDocument(policy, plans, facts, airgapped, now);
        context.out.result(document, () => printStatus(context, document, all === true));
        return document.well ? exit.done : exit.fault;
      }),
    );
}
