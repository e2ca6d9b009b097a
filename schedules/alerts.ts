import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { HoldfastError } from '../policy/errors.ts';
import { noRules } from '../workflows/alert-routes.ts';
import { taskQueueOf, type Workflows, workflowTypes } from '../workflows/contract.ts';
import {
  type AlertsRules,
  type AlertsState,
  alertsQuery,
  alertsWorkflowId,
  announceSignal,
  observeSignal,
  rulesSignal,
  type TellAlertsInput,
} from '../workflows/contract-alerts.ts';
import { schedulePrefix } from './kinds.ts';
import { hasWorker } from './workers.ts';

/** How the one workflow that keeps the alerts is started. */
export const alertsStart = (zone: string) => ({
  workflowId: alertsWorkflowId,
  taskQueue: taskQueueOf(zone),
  staticSummary: 'Keeps the alerts that are open, and tells people',
});

/** Starts the workflow `alerts` where it does not run, and tells it: it needs no worker to be told. */
export async function sendToAlerts(
  client: Client,
  { zone, rules, organization, audit, observation, announcement }: TellAlertsInput,
  more: Pick<AlertsRules, 'zone'> = {},
): Promise<void> {
  const settings: AlertsRules = {
    rules: rules ?? noRules,
    ...(organization === undefined ? {} : { organization }),
    ...(audit === undefined ? {} : { audit }),
  };
  const send = (signal: string, message: object) =>
    client.workflow.signalWithStart<Workflows['alerts'], [object]>(workflowTypes.alerts, {
      ...alertsStart(zone),
      args: [{ ...settings, steady: true }],
      signal,
      signalArgs: [message],
    });
  // The rules first: what is found by their first observer is told by them.
  if (rules !== undefined) await send(rulesSignal, { ...settings, ...more });
  if (observation !== undefined) await send(observeSignal, observation);
  if (announcement !== undefined) await send(announceSignal, announcement);
}

/** The zone whose workers keep the alerts; null where nobody keeps any. */
export async function zoneOfAlerts(client: Client): Promise<string | null> {
  try {
    const { status, taskQueue } = await client.workflow.getHandle(alertsWorkflowId).describe();
    return status.name === 'RUNNING' ? taskQueue.slice(taskQueueOf('').length) : null;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

/**
 * What is open, and what was; null where nobody keeps alerts yet.
 *
 * @throws HoldfastError `unreachable` when no worker of the zone that keeps them answers
 */
export async function readAlerts(client: Client): Promise<AlertsState | null> {
  const zone = await zoneOfAlerts(client);
  if (zone === null) return null;
  if (await hasWorker(client, zone))
    return client.workflow.getHandle(alertsWorkflowId).query<AlertsState>(alertsQuery);
  throw new HoldfastError('unreachable', `No worker of zone ${zone}, which keeps the alerts, answers.`, {
    hint: `Start one with \`holdfast worker --zone ${zone}\`.`,
  });
}

/**
 * Gives the alerts the rules that a policy has. Where they are kept by a zone that is no longer to keep them, they go
 * on in the other; what a zone without a worker keeps is lost with it, and found anew by whoever observes.
 *
 * @returns the zone whose open alerts were given up; null where none were
 */
export async function moveAlerts(
  client: Client,
  input: Pick<TellAlertsInput, 'rules' | 'organization' | 'audit'> & { zone: string },
): Promise<string | null> {
  const before = await zoneOfAlerts(client);
  const lost = before !== null && before !== input.zone && !(await hasWorker(client, before));
  if (lost)
    await client.workflow
      .getHandle(alertsWorkflowId)
      .terminate(`Zone ${before} is no longer to keep the alerts, and has no worker.`);
  await sendToAlerts(client, input, { zone: input.zone });
  return lost ? before : null;
}

/** Nobody observes any more what a Schedule started that is gone: what was found there is wrong no longer. */
export async function closeAlertsOf(
  client: Client,
  zone: string,
  scheduleIds: readonly string[],
): Promise<void> {
  const at = new Date().toISOString();
  for (const id of scheduleIds) {
    const observer = id.slice(schedulePrefix.length);
    await sendToAlerts(client, { zone, observation: { observer, at, findings: [], below: true } });
  }
}
