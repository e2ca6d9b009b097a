import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { exit } from '../io.ts';
import { changesDocument, hasChanges, planChanges, printChanges } from '../planning.ts';
import { examples } from './examples.ts';

export function addPlan(command: Command, act: Act): void {
  command
    .option('--check', 'exit 3 when there is anything to change')
    .addHelpText('after', examples('holdfast plan', 'holdfast plan --check --json'))
    .action(
      act<{ check?: boolean }>(async (context, { check }) => {
        const planned = await planChanges(context);
        context.out.result(changesDocument(planned), () => printChanges(context, planned));
        return check === true && hasChanges(planned.changes) ? exit.fault : exit.done;
      }),
    );
}
