import { randomUUID } from 'node:crypto';
import { WithStartWorkflowOperation } from '@temporalio/client';
import { HoldfastError } from '../policy/errors.ts';
import {
  followUpsSettings,
  followUpsStart,
  hasWorker,
  readFollowUps,
  zoneOfFollowUps,
} from '../schedules/index.ts';
import { type Workflows, workflowTypes } from '../workflows/contract.ts';
import {
  type FollowUpAddition,
  type FollowUpAnswer,
  type FollowUpList,
  type FollowUpMessageName,
  type FollowUpSaid,
  followUpMessages,
  followUpsWorkflowId,
} from '../workflows/contract-follow-ups.ts';
import { malformed } from '../workflows/follow-ups-forms.ts';
import { isDay } from '../workflows/follow-ups-times.ts';
import { say } from './approvals.ts';
import type { Context } from './context.ts';
import { zoneWithWorker } from './run-workflow.ts';

/** What is to be done, and what was; empty where nobody has noted anything. */
export async function followUpsOf(context: Context): Promise<FollowUpList> {
  const { client } = await context.temporal();
  return (await readFollowUps(client)) ?? { open: [], closed: [], refused: [], untold: null };
}

/** @throws HoldfastError `bad-usage` for what is no day of the calendar, before it is sent to anybody */
export function refuseNoDay(text: string): void {
  if (isDay(text)) return;
  throw new HoldfastError('bad-usage', `${text} is no day of the calendar.`, {
    hint: 'Write it as year-month-day, like 2026-12-01.',
  });
}

/** @throws HoldfastError `bad-usage` for what could not be judged */
function formed<Name extends FollowUpMessageName>(name: Name, said: FollowUpSaid[Name]): FollowUpSaid[Name] {
  const fault = malformed(name, said);
  if (fault !== null) throw new HoldfastError('bad-usage', fault);
  return said;
}

/**
 * Notes what is to be done, and starts what keeps it where it does not run.
 *
 * @throws HoldfastError `refused` with the reason when it is not followed, `unreachable`
 */
export async function addFollowUp(context: Context, said: Omit<FollowUpAddition, 'id'>): Promise<string> {
  return followed(await sendAddition(context, { ...said, id: randomUUID().slice(0, 8) }));
}

/** Sends one, and gives what became of it. @throws HoldfastError `bad-usage`, `unreachable` */
export async function sendAddition(context: Context, said: FollowUpAddition): Promise<FollowUpAnswer> {
  const { policy } = await context.loadPolicy();
  const { client } = await context.temporal();
  const addition = formed('add', said);
  const zone = (await zoneOfFollowUps(client)) ?? policy.checks.zone;
  await zoneWithWorker(client, [zone]);
  return client.workflow.executeUpdateWithStart<Workflows['followUps'], FollowUpAnswer, [FollowUpAddition]>(
    followUpMessages.add,
    {
      args: [addition],
      // What was refused may be followed once the policy knows its people.
      updateId: `add-${addition.id}-${randomUUID().slice(0, 8)}`,
      startWorkflowOperation: new WithStartWorkflowOperation<Workflows['followUps']>(
        workflowTypes.followUps,
        {
          ...followUpsStart(zone),
          args: [followUpsSettings(policy)],
          workflowIdConflictPolicy: 'USE_EXISTING',
        },
      ),
    },
  );
}

/**
 * Says something of a follow-up: as an Update, whose answer says what became of it; with no worker up as a Signal.
 *
 * @throws HoldfastError `not-found` where nobody has noted anything, `refused` with the reason when it is not followed
 */
export async function sayOfFollowUp<Name extends Exclude<FollowUpMessageName, 'add'>>(
  context: Context,
  name: Name,
  said: FollowUpSaid[Name],
): Promise<string> {
  const { client } = await context.temporal();
  formed(name, said);
  const zone = await zoneOfFollowUps(client);
  if (zone === null)
    throw new HoldfastError('not-found', 'Nobody has noted anything that is to be done.', {
      hint: 'Note something with `holdfast failover note RUN TEXT --follow-up`, or `holdfast followup add`.',
    });
  if (await hasWorker(client, zone))
    return followed(await say<object, FollowUpAnswer>(client, followUpsWorkflowId, name, said));
  await client.workflow.getHandle(followUpsWorkflowId).signal(name, said);
  return `No worker of zone ${zone} is up: it is heard as soon as one starts. \`holdfast followup list\` tells what became of it.`;
}

function followed({ outcome, sentence }: FollowUpAnswer): string {
  if (outcome === 'refused') throw new HoldfastError('refused', sentence);
  return sentence;
}
