import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { examples } from './examples.ts';
import { addRunbookCheck } from './runbook-check.ts';
import { addRunbookList } from './runbook-list.ts';
import { addRunbookPrint } from './runbook-print.ts';

export function addRunbook(program: Command, act: Act): void {
  const runbook = program
    .command('runbook')
    .description('look at runbooks, check without effect that they could be followed, and print them')
    .addHelpText('after', examples('holdfast runbook list', 'holdfast runbook check shop-failover'));
  addRunbookList(runbook, act);
  addRunbookCheck(runbook, act);
  addRunbookPrint(runbook, act);
}
