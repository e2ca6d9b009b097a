import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { switches } from '../switches.ts';
import { addApprovals } from './approval-commands.ts';
import { examples } from './examples.ts';
import { addSwitchList } from './switch-list.ts';
import { addSwitchShow } from './switch-show.ts';

export function addSwitch(command: Command, act: Act): void {
  command.addHelpText(
    'after',
    examples(
      'holdfast restore latest:shop-daily --switch-into --as dba-1 --reason "a deploy deleted orders"',
      'holdfast switch approve 20261123T090000Z-5e6f7a8b --as dba-2 --sign-with ~/.ssh/id_ed25519',
    ),
  );
  addApprovals(command, act, switches, {
    run: 'the switch, as `switch list` names it',
    approve:
      'approve a switch: shows what would be lost and replaced, and signs exactly that with your SSH key',
    cancel: 'stop a switch before services are stopped; anyone of the policy may',
    reason: 'found the rows',
  });
  for (const add of [addSwitchList, addSwitchShow]) add(command, act);
}
