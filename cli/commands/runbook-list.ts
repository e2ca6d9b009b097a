import type { Command } from 'commander';
import { formatDuration } from '../../policy/units.ts';
import type { Act } from '../act.ts';
import { exit } from '../io.ts';
import { examples } from './examples.ts';

export function addRunbookList(runbook: Command, act: Act): void {
  runbook
    .command('list')
    .description('list the runbooks of the policy')
    .addHelpText('after', examples('holdfast runbook list', 'holdfast runbook list --json'))
    .action(
      act(async (context) => {
        const { policy } = await context.loadPolicy();
        const runbooks = Object.values(policy.runbooks).map((each) => ({
          runbook: each.name,
          version: each.version,
          class: each.class,
          lost: each.lost,
          protects: each.protects,
          commander: each.commander,
          steps: each.steps.length,
          rto: each.tier?.rto ?? null,
          rpo: each.tier?.rpo ?? null,
          checked: each.preflight?.cron ?? null,
          say: each.say,
        }));
        context.out.result({ runbooks }, () => {
          if (runbooks.length === 0) return context.out.line('The policy has no runbooks.');
          context.out.table(
            ['RUNBOOK', 'VERSION', 'CLASS', 'LOST', 'PROTECTS', 'STEPS', 'RTO', 'RPO', 'CHECKED'],
            runbooks.map((each) => [
              each.runbook,
              each.version.slice(0, 8),
              each.class,
              each.lost.join(', '),
              each.protects.join(', '),
              String(each.steps),
              each.rto === null ? '' : formatDuration(each.rto),
              each.rpo === null ? '' : formatDuration(each.rpo),
              each.checked ?? 'on demand',
            ]),
            ['STEPS'],
          );
        });
        return exit.done;
      }),
    );
}
