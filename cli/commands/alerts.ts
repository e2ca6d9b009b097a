import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { addAlertsList } from './alerts-list.ts';
import { addAlertsTest } from './alerts-test.ts';
import { examples } from './examples.ts';

export function addAlerts(program: Command, act: Act): void {
  const alerts = program
    .command('alerts')
    .description('show what is wrong now, and try whether messages arrive')
    .addHelpText('after', examples('holdfast alerts', 'holdfast alerts test'));
  for (const add of [addAlertsList, addAlertsTest]) add(alerts, act);
}
