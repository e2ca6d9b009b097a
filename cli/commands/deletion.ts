import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { addDeletionApprove, addDeletionSign } from './deletion-approve.ts';
import { addDeletionCancel } from './deletion-cancel.ts';
import { addDeletionList } from './deletion-list.ts';
import { addDeletionRequest } from './deletion-request.ts';
import { addDeletionShow } from './deletion-show.ts';
import { examples } from './examples.ts';

export function addDeletion(program: Command, act: Act): void {
  const deletion = program
    .command('deletion')
    .description('delete backups, with the approval of others and after a delay')
    .addHelpText(
      'after',
      examples(
        'holdfast deletion request 20261121T010000Z-1a2b3c4d --reason "holds data of a customer who left" --as dba-1',
        'holdfast deletion approve 20261123T090000Z-5e6f7a8b --as dba-2 --sign-with ~/.ssh/id_ed25519',
      ),
    );
  for (const add of [
    addDeletionRequest,
    addDeletionApprove,
    addDeletionSign,
    addDeletionCancel,
    addDeletionList,
    addDeletionShow,
  ])
    add(deletion, act);
}
