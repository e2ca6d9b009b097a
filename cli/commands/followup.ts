import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { examples } from './examples.ts';
import { addFollowUpList } from './followup-list.ts';
import { addFollowUpRestore } from './followup-restore.ts';
import { addFollowUpAdd, addFollowUpChanges } from './followup-say.ts';

export function addFollowUp(followup: Command, act: Act): void {
  followup.addHelpText(
    'after',
    examples('holdfast followup', 'holdfast followup close 1a2b3c4d --as dba-1 --evidence "change 4711"'),
  );
  for (const add of [addFollowUpList, addFollowUpAdd, addFollowUpChanges, addFollowUpRestore])
    add(followup, act);
}
