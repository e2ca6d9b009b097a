import type { Command } from 'commander';
import { HoldfastError } from '../../policy/errors.ts';
import type { ResolvedPlan, ResolvedPolicy } from '../../policy/resolved.ts';
import type { Act } from '../act.ts';
import { named } from '../backups.ts';
import { countOption } from '../durations.ts';
import { exit } from '../io.ts';
import { printPreview, retentionDocument } from '../retention-print.ts';
import { type Detailed, previewRetention } from '../retentions.ts';
import { examples } from './examples.ts';

type Options = { limit: number };

export function addRetentionPreview(retention: Command, act: Act): void {
  retention
    .command('preview')
    .description('show what would be kept, promoted and expired, and why; touches nothing')
    .argument('[plans...]', 'the plans; all that have a retention when none is given')
    .option('--limit <count>', 'at most so many backups of each plan in the table', countOption, 50)
    .addHelpText(
      'after',
      examples('holdfast retention preview', 'holdfast retention preview shop-daily --limit 200 --json'),
    )
    .action(
      act<Options>(async (context, { limit }, names) => {
        const { policy } = await context.loadPolicy();
        const previews: Detailed[] = [];
        for (const plan of plansOf(policy, names)) previews.push(await previewRetention(context, plan));
        context.out.result({ plans: previews.map(retentionDocument) }, () => {
          for (const [index, preview] of previews.entries()) {
            if (index > 0) context.out.line();
            printPreview(context, preview, limit);
          }
        });
        return previews.every(({ result }) => result.result === 'passed') ? exit.done : exit.fault;
      }),
    );
}

function plansOf(policy: ResolvedPolicy, names: readonly string[]): ResolvedPlan[] {
  if (names.length > 0) return names.map((name) => named(policy.plans, name, 'plan'));
  const plans = Object.values(policy.plans).filter(({ retention }) => retention !== undefined);
  if (plans.length > 0) return plans;
  throw new HoldfastError(
    'bad-usage',
    'No plan of the policy has a retention: every backup is kept for ever.',
    {
      hint: 'Write one under `retention`, and name it in the plans.',
    },
  );
}
