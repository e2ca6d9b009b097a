import type { Command } from 'commander';
import { hasWorker } from '../../schedules/index.ts';
import { type Cancellation, cancelMessage } from '../../workflows/contract-deletion.ts';
import type { Act } from '../act.ts';
import { describeDeletion, ended, say } from '../deletions.ts';
import { exit } from '../io.ts';
import { examples } from './examples.ts';

export function addDeletionCancel(deletion: Command, act: Act): void {
  deletion
    .command('cancel')
    .description('stop a deletion before it begins; anyone of the policy may')
    .argument('<run>', 'the request, as `deletion list` names it')
    .requiredOption('--as <person>', "your name among the policy's people")
    .requiredOption('--reason <text>', 'why, in one line; it is recorded')
    .addHelpText(
      'after',
      examples('holdfast deletion cancel 20261123T090000Z-5e6f7a8b --as dba-3 --reason "still needed"'),
    )
    .action(
      act<{ as: string; reason: string }>(async (context, { as, reason }, [run = '']) => {
        const { client } = await context.temporal();
        const { workflowId, zone, running } = await describeDeletion(client, run);
        if (!running) throw ended(workflowId);
        const cancellation: Cancellation = { by: as, reason };
        if (!(await hasWorker(client, zone))) {
          // A Signal waits for a worker, and nothing is deleted without one.
          await client.workflow.getHandle(workflowId).signal(cancelMessage, cancellation);
          const sentence = `It is cancelled as soon as a worker of zone ${zone} starts, before anything else happens.`;
          context.out.result({ workflowId, outcome: 'sent', sentence }, () => context.out.line(sentence));
          return exit.done;
        }
        const answer = await say(client, workflowId, cancelMessage, cancellation);
        context.out.result({ workflowId, ...answer }, () => context.out.line(answer.sentence));
        return exit.done;
      }),
    );
}
