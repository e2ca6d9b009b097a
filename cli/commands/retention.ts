import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { examples } from './examples.ts';
import { addRetentionConfirm } from './retention-confirm.ts';
import { addRetentionPreview } from './retention-preview.ts';
import { addRetentionRun } from './retention-run.ts';

export function addRetention(retention: Command, act: Act): void {
  retention.addHelpText('after', examples('holdfast retention preview', 'holdfast retention run shop-daily'));
  for (const add of [addRetentionPreview, addRetentionRun, addRetentionConfirm]) add(retention, act);
}
