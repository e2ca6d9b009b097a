import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { Command } from 'commander';
import type { ResolvedRefresh } from '../../policy/resolved-proof.ts';
import { refreshWorkflowId } from '../../schedules/index.ts';
import { workflowTypes } from '../../workflows/contract.ts';
import type { Act } from '../act.ts';
import { exit } from '../io.ts';
import { examples } from './examples.ts';

/** One refresh of the policy, with its newest run. */
type Listed = {
  refresh: string;
  database: string;
  server: string;
  plan: string;
  schedule: string | null;
  /** Null: it was never run, as far as Temporal remembers. */
  newest: {
    workflowId: string;
    status: string;
    result: string | null;
    startedAt: string;
    endedAt: string | null;
  } | null;
};

export function addRefreshList(refresh: Command, act: Act): void {
  refresh
    .command('list')
    .description('list the refreshes of the policy, and how each ended when it last ran')
    .addHelpText('after', examples('holdfast refresh list', 'holdfast refresh list --json'))
    .action(
      act(async (context) => {
        const { policy } = await context.loadPolicy();
        const { client } = await context.temporal();
        const refreshes = await Promise.all(
          Object.values(policy.refreshes).map((each) => listed(client, each)),
        );
        context.out.result({ refreshes }, () => {
          if (refreshes.length === 0) context.out.line('The policy has no refreshes.');
          else
            context.out.table(
              ['REFRESH', 'DATABASE', 'FROM', 'SCHEDULE', 'LAST RUN', 'RESULT'],
              refreshes.map(({ refresh: name, database, server, plan, schedule, newest }) => [
                name,
                `${database} on ${server}`,
                plan,
                schedule ?? 'on demand',
                newest?.startedAt ?? 'never',
                newest?.result ?? newest?.status ?? '',
              ]),
            );
        });
        return exit.done;
      }),
    );
}

async function listed(client: Client, wanted: ResolvedRefresh): Promise<Listed> {
  const { name, database, server, plan, schedule } = wanted;
  const info = await newestRun(client, name);
  return {
    refresh: name,
    database,
    server: server.name,
    plan,
    schedule: schedule?.cron ?? null,
    newest:
      info === null
        ? null
        : {
            workflowId: info.workflowId,
            status: info.status.name.toLowerCase(),
            result: resultOf(info),
            startedAt: info.startTime.toISOString(),
            endedAt: info.closeTime?.toISOString() ?? null,
          },
  };
}

async function newestRun(client: Client, name: string): Promise<WorkflowExecutionInfo | null> {
  const prefix = refreshWorkflowId(name);
  // A name may begin as another's does: what follows it is a slash, or a hyphen and a year.
  const own = new RegExp(`^${prefix}(/|-\\d{4}-)`);
  const query = `HoldfastKind = '${workflowTypes.refresh}' and WorkflowId starts_with '${prefix}'`;
  for await (const info of client.workflow.list({ query })) if (own.test(info.workflowId)) return info;
  return null;
}

function resultOf({ searchAttributes }: WorkflowExecutionInfo): string | null {
  const [result] = searchAttributes?.HoldfastResult ?? [];
  return typeof result === 'string' ? result : null;
}
