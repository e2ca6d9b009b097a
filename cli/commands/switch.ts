import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { examples } from './examples.ts';
import { addSwitchApprove, addSwitchSign } from './switch-approve.ts';
import { addSwitchCancel } from './switch-cancel.ts';
import { addSwitchList } from './switch-list.ts';
import { addSwitchShow } from './switch-show.ts';

export function addSwitch(program: Command, act: Act): void {
  const command = program
    .command('switch')
    .description('put a restored database in place of the live one; `restore --switch-into` asks for it')
    .addHelpText(
      'after',
      examples(
        'holdfast restore latest:shop-daily --switch-into --as dba-1 --reason "a deploy deleted orders"',
        'holdfast switch approve 20261123T090000Z-5e6f7a8b --as dba-2 --sign-with ~/.ssh/id_ed25519',
      ),
    );
  for (const add of [addSwitchApprove, addSwitchSign, addSwitchCancel, addSwitchList, addSwitchShow])
    add(command, act);
}
