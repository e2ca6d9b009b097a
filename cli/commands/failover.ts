import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { examples } from './examples.ts';
import { addFailoverList } from './failover-list.ts';
import { addFailoverMessages, addFailoverSign } from './failover-say.ts';
import { addFailoverStart } from './failover-start.ts';
import { addFailoverStatus } from './failover-status.ts';

export function addFailover(command: Command, act: Act): void {
  command.addHelpText(
    'after',
    examples(
      'holdfast failover start shop-failover --as commander-1 --reason "fra1 is dark"',
      'holdfast failover status --watch',
      'holdfast failover approve shop-failover promote --as dba-1 --sign-with ~/.ssh/id_ed25519',
    ),
  );
  for (const add of [
    addFailoverStart,
    addFailoverStatus,
    addFailoverMessages,
    addFailoverSign,
    addFailoverList,
  ])
    add(command, act);
}
