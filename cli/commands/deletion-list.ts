import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { Command } from 'commander';
import { hasWorker } from '../../schedules/index.ts';
import { progressQuery, taskQueueOf, workflowTypes } from '../../workflows/contract.ts';
import type { DeletionPhase, DeletionProgress } from '../../workflows/contract-deletion.ts';
import type { Act } from '../act.ts';
import { countOption } from '../durations.ts';
import { exit } from '../io.ts';
import { examples } from './examples.ts';

/** One request in the list. */
type Listed = {
  workflowId: string;
  status: string;
  /** How far it is; null where no worker could tell. */
  phase: DeletionPhase | null;
  requester: string;
  reason: string;
  backups: string[];
  approvals: string | null;
  due: string | null;
  startedAt: string;
  endedAt: string | null;
};

export function addDeletionList(deletion: Command, act: Act): void {
  deletion
    .command('list')
    .description('list the requests to delete backups that Temporal knows, newest first')
    .option('--limit <count>', 'at most so many', countOption, 50)
    .addHelpText('after', examples('holdfast deletion list', 'holdfast deletion list --limit 10 --json'))
    .action(
      act<{ limit: number }>(async (context, { limit }) => {
        const { client } = await context.temporal();
        const query = `HoldfastKind = '${workflowTypes.deletion}'`;
        const deletions: Listed[] = [];
        for await (const info of client.workflow.list({ query })) {
          deletions.push(await listed(client, info));
          if (deletions.length >= limit) break;
        }
        context.out.result({ deletions }, () => {
          if (deletions.length === 0) context.out.line('Nobody has asked for a deletion.');
          else
            context.out.table(
              ['REQUEST', 'BY', 'STATE', 'APPROVED', 'HAPPENS', 'BACKUPS'],
              deletions.map(({ workflowId, requester, status, phase, approvals, due, backups }) => [
                workflowId,
                requester,
                phase ?? status,
                approvals ?? '',
                due ?? '',
                backups.length > 2 ? `${backups[0]} and ${backups.length - 1} more` : backups.join(', '),
              ]),
            );
        });
        return exit.done;
      }),
    );
}

async function listed(client: Client, info: WorkflowExecutionInfo): Promise<Listed> {
  const { workflowId, memo, status, startTime, closeTime, taskQueue } = info;
  const zone = taskQueue.slice(taskQueueOf('').length);
  const state = (await hasWorker(client, zone))
    ? await client.workflow
        .getHandle(workflowId, info.runId)
        .query<DeletionProgress>(progressQuery)
        .catch(() => null)
    : null;
  return {
    workflowId,
    status: status.name.toLowerCase(),
    phase: state?.phase ?? null,
    requester: textOf(memo?.requester),
    reason: textOf(memo?.reason),
    backups: Array.isArray(memo?.backups) ? memo.backups.map(textOf) : [],
    approvals: state === null ? null : `${state.approvals.length} of ${state.rule.approvals}`,
    due: state?.due ?? null,
    startedAt: startTime.toISOString(),
    endedAt: closeTime?.toISOString() ?? null,
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
