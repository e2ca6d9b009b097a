import type { Command } from 'commander';
import { HoldfastError } from '../../policy/errors.ts';
import type { Act } from '../act.ts';
import { lastCheckOf, measuredSteps } from '../failover-past.ts';
import { previewLines, previewOf } from '../failover-print.ts';
import { awaitDeclared, failoverInput, runbookNamed, startFailover } from '../failovers.ts';
import { exit } from '../io.ts';
import { personNamed } from '../personal-signature.ts';
import { examples } from './examples.ts';

type Options = { as?: string; reason?: string; preview?: boolean };

export function addFailoverStart(failover: Command, act: Act): void {
  failover
    .command('start')
    .description('declare a disaster and run a runbook in earnest')
    .argument('<runbook>', "the name of one of the policy's runbooks")
    .option('--as <person>', "your name among the policy's people; you will approve nothing of this run")
    .option('--reason <text>', 'what happened, in one line; it is recorded and told')
    .option(
      '--preview',
      'print the order, who is asked what, the commands and how long it takes; nothing is touched',
    )
    .addHelpText(
      'after',
      examples(
        'holdfast failover start shop-failover --preview',
        'holdfast failover start shop-failover --as commander-1 --reason "fra1 is dark"',
      ),
    )
    .action(
      act<Options>(async (context, { as, reason, preview }, [name = '']) => {
        const { policy } = await context.loadPolicy();
        const runbook = runbookNamed(policy, name);
        if (preview === true) {
          const shown = previewOf(runbook, 'real', await measuredSteps(context, runbook));
          context.out.result(shown, () => {
            for (const line of previewLines(shown)) context.out.line(line);
          });
          return exit.done;
        }
        if (as === undefined || reason === undefined)
          throw new HoldfastError('bad-usage', 'Who declares a disaster, and why, is recorded and told.', {
            hint: 'Add --as NAME --reason "…", or --preview to look first.',
          });
        const person = personNamed(policy.people, as).name;
        const { client } = await context.temporal();
        const workflowId = await startFailover(
          client,
          failoverInput(policy, runbook, {
            mode: 'real',
            person,
            reason,
            ...(await lastCheckOf(client, runbook)),
          }),
        );
        await awaitDeclared(context, workflowId);
        context.out.result({ workflowId }, () => {
          context.out.line(`${workflowId} is declared.`);
          context.out.line(`  holdfast failover status ${name} --watch`);
        });
        return exit.done;
      }),
    );
}
