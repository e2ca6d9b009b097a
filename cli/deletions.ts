import { randomUUID } from 'node:crypto';
import { type Client, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { HoldfastError, isErrorCode } from '../policy/errors.ts';
import type { ResolvedPolicy } from '../policy/resolved.ts';
import { progressQuery, taskQueueOf, workflowTypes } from '../workflows/contract.ts';
import type { Answer, DeletionInput, DeletionProgress } from '../workflows/contract-deletion.ts';
import type { SignedRequest } from '../workflows/contract-request.ts';
import { zoneWithWorker } from './run-workflow.ts';

/** The workflow id of a request as people name it: with `deletion/` in front or without. */
export function deletionIdOf(text: string): string {
  return text.startsWith('deletion/') ? text : `deletion/${text}`;
}

/** A new one: when it was asked for, so that ids sort by time. */
export function newDeletionId(): string {
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  return `deletion/${stamp}Z-${randomUUID().slice(0, 8)}`;
}

/** What a request is started with: all that the policy says of it, so that no worker needs the policy. */
export function deletionInput(
  policy: ResolvedPolicy,
  about: Pick<DeletionInput, 'zone' | 'requester' | 'reason' | 'backups'> & {
    request?: SignedRequest | undefined;
  },
): DeletionInput {
  const { request, ...asked } = about;
  return {
    organization: policy.organization,
    policyHash: policy.hash,
    ...asked,
    // The audit log's own repository holds no backups, and is nobody's to delete from.
    repositories: Object.values(policy.repositories).filter(
      ({ name }) => name !== policy.audit?.repository.name,
    ),
    signers: policy.signers,
    people: policy.people,
    rule: policy.deletion,
    ...(policy.audit === undefined ? {} : { audit: policy.audit }),
    ...(request === undefined ? {} : { request }),
  };
}

/** A request as Temporal knows it without asking a worker. */
export type DescribedDeletion = { workflowId: string; zone: string; running: boolean; status: string };

/** @throws HoldfastError `not-found` when Temporal has no such request */
export async function describeDeletion(client: Client, text: string): Promise<DescribedDeletion> {
  const workflowId = deletionIdOf(text);
  try {
    const { status, taskQueue, type } = await client.workflow.getHandle(workflowId).describe();
    if (type === workflowTypes.deletion)
      return {
        workflowId,
        zone: taskQueue.slice(taskQueueOf('').length),
        running: status.name === 'RUNNING',
        status: status.name.toLowerCase(),
      };
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
  throw new HoldfastError('not-found', `There is no request ${text} to delete anything.`, {
    hint: '`holdfast deletion list` shows them.',
  });
}

/**
 * What a request shows of itself, while it runs and after it ended.
 *
 * @throws HoldfastError `unreachable` when no worker of its zone can tell
 */
export async function readDeletion(
  client: Client,
  { workflowId, zone }: DescribedDeletion,
): Promise<DeletionProgress> {
  await zoneWithWorker(client, [zone]);
  return client.workflow.getHandle(workflowId).query<DeletionProgress>(progressQuery);
}

/**
 * Sends a message as an Update, and gives the answer.
 *
 * @throws HoldfastError `refused` with the reason when it is not followed
 */
export async function say<Message>(
  client: Client,
  workflowId: string,
  name: string,
  message: Message,
): Promise<Answer> {
  let answer: Answer;
  try {
    // The id makes one message of a call that the network repeats; a second try by a person is another message.
    answer = await client.workflow
      .getHandle(workflowId)
      .executeUpdate<Answer, [Message]>(name, { args: [message], updateId: `${name}-${randomUUID()}` });
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw ended(workflowId);
    const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
    if (!(cause instanceof ApplicationFailure)) throw error;
    const { type, message } = cause;
    throw new HoldfastError(type && isErrorCode(type) ? type : 'process-failed', message, { cause: error });
  }
  if (answer.outcome === 'refused') throw new HoldfastError('refused', answer.sentence);
  return answer;
}

/** What is said of a message that comes too late. */
export function ended(workflowId: string, state?: DeletionProgress): HoldfastError {
  const how = state === undefined ? '' : `: it was ${state.phase}`;
  return new HoldfastError('refused', `It is too late: ${workflowId} has ended${how}.`, {
    hint: state?.sentences[0] ?? `\`holdfast ${workflowId.split('/')[0]} show\` tells how.`,
  });
}
