import { Context } from '@temporalio/activity';
import { noRules } from '../workflows/alert-routes.ts';
import { taskQueueOf, type Workflows, workflowTypes } from '../workflows/contract.ts';
import {
  type AlertsRules,
  alertsWorkflowId,
  announceSignal,
  observeSignal,
  rulesSignal,
  type TellAlertsInput,
} from '../workflows/contract-alerts.ts';
import type { Work } from './work.ts';

/** Starts the workflow `alerts` where it does not run, and tells it; what it was told before it ignores. */
export async function tellAlerts(_work: Work, input: TellAlertsInput): Promise<void> {
  const { zone, rules, organization, audit, observation, announcement } = input;
  const settings: AlertsRules = {
    rules: rules ?? noRules,
    ...(organization === undefined ? {} : { organization }),
    ...(audit === undefined ? {} : { audit }),
  };
  const { client } = Context.current();
  const tell = (signal: string, message: object) =>
    client.workflow.signalWithStart<Workflows['alerts'], [object]>(workflowTypes.alerts, {
      workflowId: alertsWorkflowId,
      taskQueue: taskQueueOf(zone),
      staticSummary: 'Keeps the alerts that are open, and tells people',
      args: [settings],
      signal,
      signalArgs: [message],
    });
  // The rules first: what is found by their first observer is told by them.
  if (rules !== undefined) await tell(rulesSignal, settings);
  if (observation !== undefined) await tell(observeSignal, observation);
  if (announcement !== undefined) await tell(announceSignal, announcement);
}
