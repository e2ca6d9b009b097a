import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { listAsking, textOf } from '../approvals.ts';
import { deletions as kind } from '../deletions.ts';
import { countOption } from '../durations.ts';
import { exit } from '../io.ts';
import { examples } from './examples.ts';

export function addDeletionList(deletion: Command, act: Act): void {
  deletion
    .command('list')
    .description('list the requests to delete backups that Temporal knows, newest first')
    .option('--limit <count>', 'at most so many', countOption, 50)
    .addHelpText('after', examples('holdfast deletion list', 'holdfast deletion list --limit 10 --json'))
    .action(
      act<{ limit: number }>(async (context, { limit }) => {
        const { client } = await context.temporal();
        const runs = await listAsking(client, kind, limit);
        const deletions = runs.map(({ memo, state, ...run }) => ({
          ...run,
          backups: Array.isArray(memo.backups) ? memo.backups.map(textOf) : [],
          due: state?.due ?? null,
        }));
        context.out.result({ deletions }, () => {
          if (deletions.length === 0) context.out.line('Nobody has asked for a deletion.');
          else
            context.out.table(
              ['REQUEST', 'BY', 'STATE', 'APPROVED', 'HAPPENS', 'BACKUPS'],
              deletions.map(({ workflowId, requester, status, phase, approvals, due, backups }) => [
                workflowId,
                requester,
                phase ?? status,
                approvals ?? '',
                due ?? '',
                backups.length > 2 ? `${backups[0]} and ${backups.length - 1} more` : backups.join(', '),
              ]),
            );
        });
        return exit.done;
      }),
    );
}
