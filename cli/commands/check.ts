import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { addCheckCopies } from './check-copies.ts';
import { addCheckHealth } from './check-health.ts';
import { examples } from './examples.ts';

export function addCheck(program: Command, act: Act): void {
  const check = program
    .command('check')
    .description('check now what the policy has checked on schedules: the copies, and the health of all')
    .addHelpText('after', examples('holdfast check 3-2-1', 'holdfast check health'));
  addCheckCopies(check, act);
  addCheckHealth(check, act);
}
