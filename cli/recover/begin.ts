import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { HoldfastError } from '../../policy/errors.ts';
import { workflowTypes } from '../../workflows/contract.ts';
import { named } from '../backups.ts';
import type { Context } from '../context.ts';
import { declared } from '../declaring.ts';
import { failoverInput, runbookNamed, runIdFor, startFailover } from '../failovers.ts';
import type { Start } from './decide.ts';
import { linksIn, reportsIn } from './prepared.ts';
import { policyHere, type Recoverable } from './recoverable.ts';

/**
 * Declares the run, unless Temporal has it already: then it goes on, and no second one is started.
 *
 * @throws HoldfastError `already-exists` when Temporal has another one, `not-found` when it has none of those that are kept
 */
export async function begin(context: Context, found: Recoverable, start: Start): Promise<string> {
  const { client } = await context.temporal();
  const { runbook, declaring, state } = start;
  const workflowId = runIdFor(runbook.name, 'real');
  const status = await statusOf(client, workflowId, runbook.version);
  if (declaring === null && status === null)
    throw new HoldfastError(
      'not-found',
      `${state} keeps ${workflowId}, and its Temporal knows nothing of it.`,
      { hint: 'Somebody removed its database. Begin anew with another --state.' },
    );
  if (declaring === null) return workflowId;
  if (status === 'RUNNING') {
    context.remark(`${workflowId} is under way already, and goes on.`);
    return workflowId;
  }
  await requireNoOther(client, workflowId);
  return declare(context, found, { ...start, declaring });
}

type Declared = Start & { declaring: NonNullable<Start['declaring']> };

async function declare(
  context: Context,
  found: Recoverable,
  { runbook, disaster, declaring, state }: Declared,
): Promise<string> {
  const { client } = await context.temporal();
  const { person, reason, signWith } = declaring;
  const here = policyHere({ ...found, ...linksIn(state, found) });
  // Who keeps the alerts is not here: people are told by those who recover.
  const { alertZone: _, ...rest } = failoverInput(here, runbookNamed(here, runbook.name), {
    ...{ mode: 'real' as const, person: person.name, reason },
    ...(disaster === undefined ? {} : { disaster }),
  });
  const own = reportsIn(state, named(here.zones, found.zones[0], 'zone'));
  const input = { ...rest, repositories: [...rest.repositories, own] };
  return startFailover(client, await declared(context, input, person, signWith));
}

/** How a run of that id stands; null where there never was one. @throws HoldfastError `already-exists` for another version */
async function statusOf(client: Client, workflowId: string, version: string): Promise<string | null> {
  try {
    const { status, memo } = await client.workflow.getHandle(workflowId).describe();
    if (status.name !== 'RUNNING' || memo?.version === version) return status.name;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
  throw new HoldfastError('already-exists', `Another version of ${workflowId} is under way here.`, {
    hint: 'Let it end, or abort it, or begin anew with another --state.',
  });
}

/** @throws HoldfastError `already-exists` */
async function requireNoOther(client: Client, workflowId: string): Promise<void> {
  const query = `HoldfastKind = '${workflowTypes.failover}' and ExecutionStatus = 'Running'`;
  for await (const other of client.workflow.list({ query })) {
    if (other.workflowId === workflowId) continue;
    throw new HoldfastError('already-exists', `${other.workflowId} is under way here: one after the other.`, {
      hint: `Go on with it: --runbook ${other.workflowId.replace('failover/', '')}. For another one beside it name another --state, --port and --ui-port.`,
    });
  }
}
