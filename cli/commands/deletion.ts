import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { deletions } from '../deletions.ts';
import { addApprovals } from './approval-commands.ts';
import { addDeletionList } from './deletion-list.ts';
import { addDeletionRequest } from './deletion-request.ts';
import { addDeletionShow } from './deletion-show.ts';
import { examples } from './examples.ts';

export function addDeletion(deletion: Command, act: Act): void {
  deletion.addHelpText(
    'after',
    examples(
      'holdfast deletion request 20261121T010000Z-1a2b3c4d --reason "holds data of a customer who left" --as dba-1',
      'holdfast deletion approve 20261123T090000Z-5e6f7a8b --as dba-2 --sign-with ~/.ssh/id_ed25519',
    ),
  );
  addDeletionRequest(deletion, act);
  addApprovals(deletion, act, deletions, {
    run: 'the request, as `deletion list` names it',
    approve: 'approve a deletion: shows what goes, and signs exactly that with your SSH key',
    cancel: 'stop a deletion before it begins; anyone of the policy may',
    reason: 'still needed',
  });
  for (const add of [addDeletionList, addDeletionShow]) add(deletion, act);
}
