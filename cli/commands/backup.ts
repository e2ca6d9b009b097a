import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { addBackupHold, addBackupRelease } from './backup-hold.ts';
import { addBackupList } from './backup-list.ts';
import { addBackupRun } from './backup-run.ts';
import { addBackupShow } from './backup-show.ts';
import { addBackupVerify } from './backup-verify.ts';
import { examples } from './examples.ts';

export function addBackup(backup: Command, act: Act): void {
  backup.addHelpText('after', examples('holdfast backup run shop-daily --wait', 'holdfast backup list'));
  for (const add of [
    addBackupRun,
    addBackupList,
    addBackupShow,
    addBackupVerify,
    addBackupHold,
    addBackupRelease,
  ])
    add(backup, act);
}
