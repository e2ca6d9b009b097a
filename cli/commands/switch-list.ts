import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { Command } from 'commander';
import { hasWorker } from '../../schedules/index.ts';
import { progressQuery, taskQueueOf, workflowTypes } from '../../workflows/contract.ts';
import type { SwitchPhase, SwitchProgress } from '../../workflows/contract-switch.ts';
import type { Act } from '../act.ts';
import { countOption } from '../durations.ts';
import { exit } from '../io.ts';
import { examples } from './examples.ts';

/** One switch in the list. */
type Listed = {
  workflowId: string;
  status: string;
  /** How far it is; null where no worker could tell. */
  phase: SwitchPhase | null;
  requester: string;
  reason: string;
  backup: string;
  approvals: string | null;
  startedAt: string;
  endedAt: string | null;
};

export function addSwitchList(command: Command, act: Act): void {
  command
    .command('list')
    .description('list the switches that Temporal knows, newest first')
    .option('--limit <count>', 'at most so many', countOption, 50)
    .addHelpText('after', examples('holdfast switch list', 'holdfast switch list --limit 10 --json'))
    .action(
      act<{ limit: number }>(async (context, { limit }) => {
        const { client } = await context.temporal();
        const query = `HoldfastKind = '${workflowTypes.switchInto}'`;
        const switches: Listed[] = [];
        for await (const info of client.workflow.list({ query })) {
          switches.push(await listed(client, info));
          if (switches.length >= limit) break;
        }
        context.out.result({ switches }, () => {
          if (switches.length === 0) context.out.line('Nobody has asked for a switch.');
          else
            context.out.table(
              ['SWITCH', 'BY', 'STATE', 'APPROVED', 'BACKUP'],
              switches.map(({ workflowId, requester, status, phase, approvals, backup }) => [
                workflowId,
                requester,
                phase ?? status,
                approvals ?? '',
                backup,
              ]),
            );
        });
        return exit.done;
      }),
    );
}

async function listed(client: Client, info: WorkflowExecutionInfo): Promise<Listed> {
  const { workflowId, memo, status, startTime, closeTime, taskQueue } = info;
  const state = (await hasWorker(client, taskQueue.slice(taskQueueOf('').length)))
    ? await client.workflow
        .getHandle(workflowId, info.runId)
        .query<SwitchProgress>(progressQuery)
        .catch(() => null)
    : null;
  return {
    workflowId,
    status: status.name.toLowerCase(),
    phase: state?.phase ?? null,
    requester: textOf(memo?.requester),
    reason: textOf(memo?.reason),
    backup: textOf(memo?.backup),
    approvals: state === null ? null : `${state.approvals.length} of ${state.rule.approvals}`,
    startedAt: startTime.toISOString(),
    endedAt: closeTime?.toISOString() ?? null,
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
