import { openAlertsDesk } from './alerts-desk.ts';
import { workflowTypes } from './contract.ts';
import type { AlertsInput } from './contract-alerts.ts';
import { keepOn } from './keeper.ts';

/** Keeps the alerts, for as long as anybody observes anything: tells people, repeats, escalates, closes. */
export async function alerts(input: AlertsInput): Promise<void> {
  await keepOn(workflowTypes.alerts, () => openAlertsDesk(input));
}
