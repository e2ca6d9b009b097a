import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { listAsking, textOf } from '../approvals.ts';
import { countOption } from '../durations.ts';
import { exit } from '../io.ts';
import { switches as kind } from '../switches.ts';
import { examples } from './examples.ts';

export function addSwitchList(command: Command, act: Act): void {
  command
    .command('list')
    .description('list the switches that Temporal knows, newest first')
    .option('--limit <count>', 'at most so many', countOption, 50)
    .addHelpText('after', examples('holdfast switch list', 'holdfast switch list --limit 10 --json'))
    .action(
      act<{ limit: number }>(async (context, { limit }) => {
        const { client } = await context.temporal();
        const runs = await listAsking(client, kind, limit);
        const switches = runs.map(({ memo, state, ...run }) => ({ ...run, backup: textOf(memo.backup) }));
        context.out.result({ switches }, () => {
          if (switches.length === 0) context.out.line('Nobody has asked for a switch.');
          else
            context.out.table(
              ['SWITCH', 'BY', 'STATE', 'APPROVED', 'BACKUP'],
              switches.map(({ workflowId, requester, status, phase, approvals, backup }) => [
                workflowId,
                requester,
                phase ?? status,
                approvals ?? '',
                backup,
              ]),
            );
        });
        return exit.done;
      }),
    );
}
