import type { Command } from 'commander';
import { HoldfastError } from '../../policy/errors.ts';
import { formatDuration } from '../../policy/units.ts';
import { hasWorker, refreshAttributes, refreshInput, refreshWorkflowId } from '../../schedules/index.ts';
import { type Workflows, workflowTypes } from '../../workflows/contract.ts';
import type { RefreshResult } from '../../workflows/contract-refresh.ts';
import type { Act } from '../act.ts';
import { named, parseBackupName } from '../backups.ts';
import type { Context } from '../context.ts';
import { exit } from '../io.ts';
import { asOption, recordedBy } from '../recorded.ts';
import { runToEnd, started, startOptions, zoneWithWorker } from '../run-workflow.ts';
import { examples } from './examples.ts';

type Options = { backup?: string; as?: string; wait?: boolean };

export function addRefreshRun(refresh: Command, act: Act): void {
  refresh
    .command('run')
    .description('make a development database anew now; the former one stays until the new one is masked')
    .argument('<refresh>', 'the refresh, as the policy names it')
    .option('--backup <id>', 'from this backup instead of the newest')
    .option(...asOption)
    .option('--wait', 'wait for the end and show progress; Ctrl-C stops waiting, not the refresh')
    .addHelpText(
      'after',
      examples(
        'holdfast refresh run shop-dev --wait',
        'holdfast refresh run shop-dev --backup 20261121T010000Z-1a2b3c4d --json',
      ),
    )
    .action(
      act<Options>(async (context, { backup, as, wait }, [name = '']) => {
        const backupId = backup === undefined ? undefined : idOf(backup);
        const { policy } = await context.loadPolicy();
        const wanted = named(policy.refreshes, name, 'refresh');
        const { person } = recordedBy(policy, as);
        const { client } = await context.temporal();
        const { zone } = wanted.server;
        if (wait === true) await zoneWithWorker(client, [zone]);
        const run = await started(
          client.workflow.start<Workflows['refresh']>(workflowTypes.refresh, {
            ...startOptions({
              zone,
              workflowId: `${refreshWorkflowId(name)}/${new Date().toISOString()}`,
              kind: workflowTypes.refresh,
              summary: `Refresh ${name}: ${wanted.database} on ${wanted.server.name}`,
              attributes: refreshAttributes(wanted),
            }),
            args: [
              {
                ...refreshInput(policy, wanted),
                ...(backupId === undefined ? {} : { backupId }),
                ...(person === undefined ? {} : { person }),
              },
            ],
          }),
        );
        if (wait !== true) {
          context.out.result({ workflowId: run.workflowId }, () =>
            context.out.line(`Started ${run.workflowId}.`),
          );
          if (!(await hasWorker(client, zone)))
            context.remark(`It waits for a worker of zone ${zone}: holdfast worker --zone ${zone}`);
          return exit.done;
        }
        const result = await runToEnd(context, run);
        context.out.result({ workflowId: run.workflowId, ...result }, () => print(context, result));
        return result.result === 'passed' ? exit.done : exit.fault;
      }),
    );
}

function idOf(text: string): string {
  const name = parseBackupName(text);
  if ('id' in name) return name.id;
  throw new HoldfastError('bad-usage', 'A refresh takes the newest backup of its plan by itself.', {
    hint: 'Leave --backup out, or give an id from `holdfast backup list`.',
  });
}

function print({ out, colors }: Context, result: RefreshResult): void {
  const mark = result.result === 'passed' ? colors.green(result.result) : colors.yellow(result.result);
  const { backup, repository, database, seconds, trimmed, masked, verified, backedUpBy } = result;
  out.line(
    `${mark}  ${database} is ${backup.source}/${backup.backupId} from ${repository}, in ${formatDuration(seconds)}`,
  );
  for (const sentence of result.picked) out.line(`  picked     ${sentence}`);
  out.line(`  trimmed by ${trimmed}, masked by ${masked}, verified by ${verified} statements`);
  if (backedUpBy !== null) out.line(`  backed up by ${backedUpBy}`);
  for (const sentence of result.exceptions) out.line(`  exception  ${sentence}`);
}
