import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { HoldfastError } from '../policy/errors.ts';
import type { ResolvedPolicy } from '../policy/resolved.ts';
import { taskQueueOf, type Workflows, workflowTypes } from '../workflows/contract.ts';
import {
  type FollowUpAddition,
  type FollowUpList,
  type FollowUpsRules,
  type FollowUpsSettings,
  followUpMessages,
  followUpSettingsSignal,
  followUpsQuery,
  followUpsWorkflowId,
  type TellFollowUpsInput,
} from '../workflows/contract-follow-ups.ts';
import { hasWorker } from './workers.ts';

/** How the one workflow that keeps the follow-ups is started. */
export const followUpsStart = (zone: string) => ({
  workflowId: followUpsWorkflowId,
  taskQueue: taskQueueOf(zone),
  staticSummary: 'Keeps what drills and failovers left to be done, and chases it',
});

/** What a policy says to them. */
export function followUpsSettings({ timezone, people, checks, audit }: ResolvedPolicy): FollowUpsSettings {
  return {
    timezone,
    people: people.map(({ name, roles }) => ({ name, roles })),
    alertZone: checks.zone,
    ...(audit === undefined ? {} : { audit }),
  };
}

/** Starts the workflow `follow-ups` where it does not run, and tells it: it needs no worker to be told. */
export async function sendToFollowUps(
  client: Client,
  { zone, settings, addition }: TellFollowUpsInput,
): Promise<void> {
  await client.workflow.signalWithStart<Workflows['followUps'], [FollowUpAddition]>(workflowTypes.followUps, {
    ...followUpsStart(zone),
    args: [settings],
    signal: followUpMessages.add,
    signalArgs: [addition],
  });
}

/** Gives the follow-ups what a policy says to them, and the zone that is to keep them; where there are none, nothing. */
export async function moveFollowUps(client: Client, policy: ResolvedPolicy): Promise<void> {
  const rules: FollowUpsRules = { ...followUpsSettings(policy), zone: policy.checks.zone };
  try {
    await client.workflow.getHandle(followUpsWorkflowId).signal(followUpSettingsSignal, rules);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

/** The zone whose workers keep the follow-ups; null where there are none. */
export async function zoneOfFollowUps(client: Client): Promise<string | null> {
  try {
    const { status, taskQueue } = await client.workflow.getHandle(followUpsWorkflowId).describe();
    return status.name === 'RUNNING' ? taskQueue.slice(taskQueueOf('').length) : null;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

/**
 * What is to be done, and what was; null where nobody has noted anything.
 *
 * @throws HoldfastError `unreachable` when no worker of the zone that keeps them answers
 */
export async function readFollowUps(client: Client): Promise<FollowUpList | null> {
  const zone = await zoneOfFollowUps(client);
  if (zone === null) return null;
  if (await hasWorker(client, zone))
    return client.workflow.getHandle(followUpsWorkflowId).query<FollowUpList>(followUpsQuery);
  throw new HoldfastError('unreachable', `No worker of zone ${zone}, which keeps the follow-ups, answers.`, {
    hint: `Start one with \`holdfast worker --zone ${zone}\`.`,
  });
}
