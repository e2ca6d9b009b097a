import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { describeAsking, readAsking } from '../approvals.ts';
import { exit } from '../io.ts';
import { printSwitch } from '../switch-print.ts';
import { switches } from '../switches.ts';
import { examples } from './examples.ts';

export function addSwitchShow(command: Command, act: Act): void {
  command
    .command('show')
    .description('show a switch: what replaces what, who approved, what became of it, how to go back')
    .argument('<run>', 'the switch, as `switch list` names it')
    .option('--text', 'print only the facts, whose SHA-256 is what approvals name')
    .addHelpText(
      'after',
      examples(
        'holdfast switch show 20261123T090000Z-5e6f7a8b',
        'holdfast switch show 20261123T090000Z-5e6f7a8b --text | sha256sum',
      ),
    )
    .action(
      act<{ text?: boolean }>(async (context, { text }, [run = '']) => {
        const { client } = await context.temporal();
        const state = await readAsking(client, switches, await describeAsking(client, switches, run));
        if (text === true) context.io.stdout.write(state.text ?? '');
        else context.out.result(state, () => printSwitch(context, state));
        return state.phase === 'failed' ? exit.fault : exit.done;
      }),
    );
}
