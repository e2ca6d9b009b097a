import type { Command } from 'commander';
import { HoldfastError } from '../../policy/errors.ts';
import type { Act } from '../act.ts';
import { named } from '../backups.ts';
import type { Context } from '../context.ts';
import { exit } from '../io.ts';
import { saidBy } from '../recorded.ts';
import { printChanges, printRun, retentionDocument } from '../retention-print.ts';
import { type Detailed, detailed, previewRetention, startRetention } from '../retentions.ts';
import { runToEnd } from '../run-workflow.ts';
import { examples } from './examples.ts';

type Options = { yes?: boolean; wait?: boolean; as?: string };

const shown = 30;

export function addRetentionRun(retention: Command, act: Act): void {
  retention
    .command('run')
    .description('show what would be promoted and expired, ask, and do precisely that')
    .argument('<plan>', 'the plan')
    .option('--yes', 'do not ask')
    .option('--wait', 'wait for the end')
    .option('--as <person>', 'who agrees; recorded. Your name on this machine when it is not given')
    .addHelpText(
      'after',
      examples(
        'holdfast retention run shop-daily --wait',
        'holdfast retention run shop-daily --yes --as dba-1',
      ),
    )
    .action(
      act<Options>(async (context, options, [name = '']) => {
        const { policy } = await context.loadPolicy();
        const plan = named(policy.plans, name, 'plan');
        const by = saidBy(policy, options.as);
        const preview = await previewRetention(context, plan);
        if (!context.json) printChanges(context, preview, options.yes === true ? 0 : shown);
        const { counts, hash } = preview.result;
        if (counts.promote + counts.expire === 0) {
          context.out.result(retentionDocument(preview), () => context.out.line('There is nothing to do.'));
          return exit.done;
        }
        if (!(await agreed(context, preview, options))) {
          context.remark('Nothing was changed.');
          return exit.failed;
        }
        const run = await startRetention(context, plan, { mode: 'run', expect: hash, by });
        if (options.wait !== true) {
          context.out.result({ workflowId: run.workflowId, hash }, () =>
            context.out.line(`Started ${run.workflowId}.`),
          );
          return exit.done;
        }
        const done = detailed(plan, await runToEnd(context, run));
        context.out.result({ workflowId: run.workflowId, ...retentionDocument(done) }, () =>
          printRun(context, done),
        );
        return done.result.result === 'passed' ? exit.done : exit.fault;
      }),
    );
}

async function agreed({ io, json }: Context, { result }: Detailed, { yes }: Options): Promise<boolean> {
  if (yes === true) return true;
  if (io.ask === null || json)
    throw new HoldfastError('bad-usage', 'Nothing was changed, because nobody could be asked.', {
      hint: 'Add --yes to go on without a question.',
    });
  const { expire, promote } = result.counts;
  const answer = await io.ask(`Promote ${promote} and expire ${expire} backups? [y/N] `);
  return /^y(es)?$/i.test(answer.trim());
}
