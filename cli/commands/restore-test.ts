import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { examples } from './examples.ts';
import { addRestoreTestList } from './restore-test-list.ts';
import { addRestoreTestRun } from './restore-test-run.ts';
import { addRestoreTestShow } from './restore-test-show.ts';

export function addRestoreTest(program: Command, act: Act): void {
  const test = program
    .command('restore-test')
    .description('prove that backups restore: restored, compared, checked, and reported')
    .addHelpText('after', examples('holdfast restore-test run shop-daily', 'holdfast restore-test list'));
  for (const add of [addRestoreTestRun, addRestoreTestList, addRestoreTestShow]) add(test, act);
}
