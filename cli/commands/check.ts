import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { addCheckCopies } from './check-copies.ts';
import { addCheckHealth } from './check-health.ts';
import { examples } from './examples.ts';

export function addCheck(check: Command, act: Act): void {
  check.addHelpText('after', examples('holdfast check 3-2-1', 'holdfast check health'));
  addCheckCopies(check, act);
  addCheckHealth(check, act);
}
