import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { describeAsking, readAsking } from '../approvals.ts';
import { printDeletion } from '../deletion-print.ts';
import { deletions } from '../deletions.ts';
import { exit } from '../io.ts';
import { examples } from './examples.ts';

export function addDeletionShow(deletion: Command, act: Act): void {
  deletion
    .command('show')
    .description(
      'show a request: what goes and why it may, who approved it, when it happens, what became of it',
    )
    .argument('<run>', 'the request, as `deletion list` names it')
    .option('--text', 'print only the text of the list, whose SHA-256 is what approvals name')
    .addHelpText(
      'after',
      examples(
        'holdfast deletion show 20261123T090000Z-5e6f7a8b',
        'holdfast deletion show 20261123T090000Z-5e6f7a8b --text | sha256sum',
      ),
    )
    .action(
      act<{ text?: boolean }>(async (context, { text }, [run = '']) => {
        const { client } = await context.temporal();
        const state = await readAsking(client, deletions, await describeAsking(client, deletions, run));
        if (text === true) context.io.stdout.write(state.list?.text ?? '');
        else context.out.result(state, () => printDeletion(context, state));
        return state.phase === 'deleted with exceptions' ? exit.fault : exit.done;
      }),
    );
}
