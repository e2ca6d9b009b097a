import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Command } from 'commander';
import { HoldfastError } from '../../policy/errors.ts';
import { type Confirmation, confirmMessage } from '../../workflows/contract-retention.ts';
import type { Act } from '../act.ts';
import { named } from '../backups.ts';
import { exit } from '../io.ts';
import { saidBy } from '../recorded.ts';
import { runningRetention } from '../retentions.ts';
import { zoneWithWorker } from '../run-workflow.ts';
import { examples } from './examples.ts';

type Options = { as: string };

export function addRetentionConfirm(retention: Command, act: Act): void {
  retention
    .command('confirm')
    .description('agree to a run that waits because the rules have become shorter')
    .argument('<plan>', 'the plan')
    .requiredOption('--as <person>', 'who agrees; it is recorded')
    .addHelpText('after', examples('holdfast retention confirm shop-daily --as dba-1'))
    .action(
      act<Options>(async (context, { as }, [name = '']) => {
        const { policy } = await context.loadPolicy();
        const plan = named(policy.plans, name, 'plan');
        const by = saidBy(policy, as);
        const { client } = await context.temporal();
        const workflowId = await runningRetention(client, plan.name);
        await zoneWithWorker(client, [plan.source.zone]);
        try {
          const answer = await client.workflow
            .getHandle(workflowId)
            .executeUpdate<string, [Confirmation]>(confirmMessage, { args: [{ by }] });
          context.out.result({ workflowId, answer }, () => context.out.line(answer));
          return exit.done;
        } catch (error) {
          if (!(error instanceof WorkflowUpdateFailedError)) throw error;
          const said = error.cause instanceof ApplicationFailure ? error.cause.message : error.message;
          throw new HoldfastError('bad-usage', `${workflowId} took no confirmation: ${said}`, {
            cause: error,
          });
        }
      }),
    );
}
