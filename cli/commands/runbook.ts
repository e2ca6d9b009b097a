import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { examples } from './examples.ts';
import { addRunbookCheck } from './runbook-check.ts';
import { addRunbookList } from './runbook-list.ts';
import { addRunbookPrint } from './runbook-print.ts';

export function addRunbook(runbook: Command, act: Act): void {
  runbook.addHelpText('after', examples('holdfast runbook list', 'holdfast runbook check shop-failover'));
  addRunbookList(runbook, act);
  addRunbookCheck(runbook, act);
  addRunbookPrint(runbook, act);
}
