import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { addAlertsList } from './alerts-list.ts';
import { addAlertsTest } from './alerts-test.ts';
import { examples } from './examples.ts';

export function addAlerts(alerts: Command, act: Act): void {
  alerts.addHelpText('after', examples('holdfast alerts', 'holdfast alerts test'));
  for (const add of [addAlertsList, addAlertsTest]) add(alerts, act);
}
