import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { examples } from './examples.ts';
import { addRestoreTestList } from './restore-test-list.ts';
import { addRestoreTestRun } from './restore-test-run.ts';
import { addRestoreTestShow } from './restore-test-show.ts';

export function addRestoreTest(test: Command, act: Act): void {
  test.addHelpText('after', examples('holdfast restore-test run shop-daily', 'holdfast restore-test list'));
  for (const add of [addRestoreTestRun, addRestoreTestList, addRestoreTestShow]) add(test, act);
}
