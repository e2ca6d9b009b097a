import { createHash, randomUUID } from 'node:crypto';
import {
  type Client,
  type WorkflowExecutionInfo,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { HoldfastError, isErrorCode } from '../policy/errors.ts';
import { hasWorker } from '../schedules/index.ts';
import { progressQuery, taskQueueOf, type workflowTypes } from '../workflows/contract.ts';
import type { Answer, Approval, ApprovalRule } from '../workflows/contract-approval.ts';
import type { Context } from './context.ts';
import { type Identity, keyFileOf, personNamed, signAsPerson } from './personal-signature.ts';
import { zoneWithWorker } from './run-workflow.ts';

/** What every run that asks for approvals shows of itself. */
export type Asked = {
  workflowId: string;
  phase: string;
  requester: string;
  reason: string;
  rule: Pick<ApprovalRule, 'approvals' | 'signatures'>;
  approvals: readonly unknown[];
};

/** A kind of run that asks for approvals, as commands speak of it. */
export type AskingKind<State extends Asked> = {
  /** The command, and what its workflow ids begin with. */
  name: 'deletion' | 'switch';
  type: (typeof workflowTypes)[keyof typeof workflowTypes];
  /** That there is none of this id. */
  missing(text: string): string;
  /** What is said while there is nothing to approve yet. */
  preparing: string;
  /** What is approved; null while it is found out. */
  proposal(state: State): Pick<Proposal, 'text' | 'hash' | 'lines'> | null;
  /** Why one that has ended did so, where it says. */
  why(state: State): string | undefined;
  textOf: Proposal['textOf'];
  namespace: string;
};

/** What a person is shown, and what their signature is over. */
export type Proposal = {
  workflowId: string;
  requester: string;
  reason: string;
  rule: Pick<ApprovalRule, 'signatures'>;
  /** The canonical text, and the SHA-256 that the run says it has. */
  text: string;
  hash: string;
  /** The same for people. */
  lines: readonly string[];
  textOf(approval: { workflowId: string; by: string; hash: string }): string;
  namespace: string;
};

/** The workflow id of a run as people name it: with the kind and a slash in front, or without. */
export const runIdOf = (kind: string, text: string): string =>
  text.startsWith(`${kind}/`) ? text : `${kind}/${text}`;

/** A new one: when it was asked for, so that ids sort by time. */
export function newRunId(kind: string): string {
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  return `${kind}/${stamp}Z-${randomUUID().slice(0, 8)}`;
}

/** A run as Temporal knows it without asking a worker. */
export type Described = { workflowId: string; zone: string; running: boolean };

/** @throws HoldfastError `not-found` when Temporal has no such run of this kind */
export async function describeAsking<State extends Asked>(
  client: Client,
  { name, type, missing }: AskingKind<State>,
  text: string,
): Promise<Described> {
  const workflowId = runIdOf(name, text);
  try {
    const described = await client.workflow.getHandle(workflowId).describe();
    if (described.type === type)
      return {
        workflowId,
        zone: zoneOf(described.taskQueue),
        running: described.status.name === 'RUNNING',
      };
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
  throw new HoldfastError('not-found', missing(text), { hint: `\`holdfast ${name} list\` shows them.` });
}

const zoneOf = (taskQueue: string): string => taskQueue.slice(taskQueueOf('').length);

/**
 * What a run shows of itself, while it goes on and after it ended.
 *
 * @throws HoldfastError `unreachable` when no worker of its zone can tell
 */
export async function readAsking<State extends Asked>(
  client: Client,
  _: AskingKind<State>,
  { workflowId, zone }: Described,
): Promise<State> {
  await zoneWithWorker(client, [zone]);
  return client.workflow.getHandle(workflowId).query<State>(progressQuery);
}

/** One run in a list. */
export type Listed<State> = {
  workflowId: string;
  status: string;
  /** How far it is; null where no worker could tell, as with `approvals`. */
  phase: string | null;
  requester: string;
  reason: string;
  approvals: string | null;
  startedAt: string;
  endedAt: string | null;
  /** What else it was started with, and shows of itself. */
  memo: Record<string, unknown>;
  state: State | null;
};

/** The runs of a kind that Temporal knows, newest first. */
export async function listAsking<State extends Asked>(
  client: Client,
  { type }: AskingKind<State>,
  limit: number,
): Promise<Listed<State>[]> {
  const runs: Listed<State>[] = [];
  for await (const info of client.workflow.list({ query: `HoldfastKind = '${type}'` })) {
    runs.push(await listed<State>(client, info));
    if (runs.length >= limit) break;
  }
  return runs;
}

async function listed<State extends Asked>(
  client: Client,
  { workflowId, runId, memo = {}, status, startTime, closeTime, taskQueue }: WorkflowExecutionInfo,
): Promise<Listed<State>> {
  const state = (await hasWorker(client, zoneOf(taskQueue)))
    ? await client.workflow
        .getHandle(workflowId, runId)
        .query<State>(progressQuery)
        .catch(() => null)
    : null;
  return {
    workflowId,
    status: status.name.toLowerCase(),
    phase: state?.phase ?? null,
    requester: textOf(memo.requester),
    reason: textOf(memo.reason),
    approvals: state === null ? null : `${state.approvals.length} of ${state.rule.approvals}`,
    startedAt: startTime.toISOString(),
    endedAt: closeTime?.toISOString() ?? null,
    memo,
    state,
  };
}

/** A text of a memo, where anybody may have put anything. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/**
 * Shows a person what is proposed, and makes their approval of exactly that: signed, where the rule wants it or a key
 * is given.
 *
 * @throws HoldfastError `mismatch` when the text is not the one that its hash names
 */
export async function approvalOf(
  context: Context,
  identity: Identity,
  { workflowId, requester, reason, rule, lines, text, textOf, namespace, ...named }: Proposal,
): Promise<Approval> {
  const { policy } = await context.loadPolicy();
  const person = personNamed(policy.people, identity.as);
  // What is signed is what is shown here, whatever else the run may say of itself.
  const hash = createHash('sha256').update(text).digest('hex');
  if (hash !== named.hash)
    throw new HoldfastError('mismatch', `What ${workflowId} shows is not what its hash names.`, {
      hint: 'Cancel it, and find out who changed what.',
    });
  for (const line of [`${workflowId}, asked for by ${requester}: ${reason}`, ...lines]) context.remark(line);
  const by = person.name;
  if (rule.signatures === 'named' && identity.signWith === undefined) return { by, hash };
  const keyFile = keyFileOf(identity, 'An approval');
  const signature = await signAsPerson(context, textOf({ workflowId, by, hash }), namespace, {
    person,
    keyFile,
  });
  return { by, hash, signature };
}

/**
 * Sends a message as an Update, and gives the answer.
 *
 * @throws HoldfastError `refused` with the reason when it is not followed
 */
export async function say<Message, Reply extends { outcome: string; sentence: string } = Answer>(
  client: Client,
  workflowId: string,
  name: string,
  message: Message,
): Promise<Reply> {
  let answer: Reply;
  try {
    // The id makes one message of a call that the network repeats; a second try by a person is another message.
    answer = await client.workflow
      .getHandle(workflowId)
      .executeUpdate<Reply, [Message]>(name, { args: [message], updateId: `${name}-${randomUUID()}` });
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
export function ended(workflowId: string, phase?: string, why?: string): HoldfastError {
  const how = phase === undefined ? '' : `: it was ${phase}`;
  return new HoldfastError('refused', `It is too late: ${workflowId} has ended${how}.`, {
    hint: why ?? `\`holdfast ${workflowId.split('/')[0]} show\` tells how.`,
  });
}
