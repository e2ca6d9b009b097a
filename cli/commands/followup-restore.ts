import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { restoreFollowUps } from '../follow-ups-restored.ts';
import { type ReportsAsked, readsReports } from '../found-reports.ts';
import { exit } from '../io.ts';
import { examples } from './examples.ts';

export function addFollowUpRestore(followup: Command, act: Act): void {
  readsReports(
    followup
      .command('restore')
      .description('bring back what signed reports and the audit log know of, after Temporal was lost'),
  )
    .addHelpText(
      'after',
      examples('holdfast followup restore', 'holdfast followup restore --from /mnt/copy --since 2025-01-01'),
    )
    .action(
      act<ReportsAsked>(async (context, asked) => {
        const { followUps, exceptions } = await restoreFollowUps(context, asked);
        const refused = followUps.filter(({ outcome }) => outcome === 'refused').length;
        context.out.result({ followUps, exceptions }, () => {
          if (followUps.length === 0)
            context.out.line('Neither signed reports nor the audit log of that time have any.');
          else
            context.out.table(
              ['ID', 'BECAME', 'DUE', 'OWNER', 'OF', 'WHAT'],
              followUps.map(({ id, outcome, due, owner, workflowId, text, sentence }) => [
                ...[id, outcome, due, owner, workflowId],
                outcome === 'refused' ? sentence : text,
              ]),
            );
          for (const sentence of exceptions) context.out.line(sentence);
        });
        return refused > 0 ? exit.failed : exit.done;
      }),
    );
}
