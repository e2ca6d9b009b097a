import type { Command } from 'commander';
import { formatBytes, formatDuration } from '../../policy/units.ts';
import { backupOf, hasWorker } from '../../schedules/index.ts';
import { type Workflows, workflowTypes } from '../../workflows/contract.ts';
import type { BackupResult } from '../../workflows/contract-backup.ts';
import type { Act } from '../act.ts';
import { named } from '../backups.ts';
import type { Context } from '../context.ts';
import { exit } from '../io.ts';
import type { Identity } from '../personal-signature.ts';
import { asOption, recordedBy } from '../recorded.ts';
import { runToEnd, started, startOptions, zoneWithWorker } from '../run-workflow.ts';
import { requestIfAsked, signWithOption } from '../signed-request.ts';
import { examples } from './examples.ts';

export function addBackupRun(backup: Command, act: Act): void {
  backup
    .command('run')
    .description('make a backup now, as the plan says')
    .argument('<plan>', 'the plan')
    .option(...asOption)
    .option(...signWithOption)
    .option('--wait', 'wait for the end and show progress; Ctrl-C stops waiting, not the backup')
    .addHelpText(
      'after',
      examples('holdfast backup run shop-daily --wait', 'holdfast backup run shop-daily --json'),
    )
    .action(
      act<{ wait?: boolean } & Partial<Identity>>(async (context, { wait, ...identity }, [name = '']) => {
        const { policy } = await context.loadPolicy();
        const plan = named(policy.plans, name, 'plan');
        const { person } = recordedBy(policy, identity.as);
        const { client } = await context.temporal();
        const { zone, summary, attributes, timeLimit, ...about } = backupOf(plan);
        if (wait === true) await zoneWithWorker(client, [zone]);
        const workflowId = `${about.workflowId}/${new Date().toISOString()}`;
        const request = await requestIfAsked(context, identity, plan.secondFactor, {
          kind: 'backup',
          subject: plan.name,
          workflowId,
        });
        const run = await started(
          client.workflow.start<Workflows['backup']>(workflowTypes.backup, {
            ...startOptions({
              zone,
              workflowId,
              kind: workflowTypes.backup,
              summary,
              attributes,
              timeout: timeLimit,
            }),
            args: [{ plan, ...(person === undefined ? {} : { person }), ...request }],
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

function print({ out, colors }: Context, result: BackupResult): void {
  const seconds = (Date.parse(result.endedAt) - Date.parse(result.startedAt)) / 1000;
  const mark = result.result === 'passed' ? colors.green(result.result) : colors.yellow(result.result);
  out.line(`${mark}  ${result.backupId}  ${formatBytes(result.bytes)} in ${formatDuration(seconds)}`);
  for (const { repository, state, sentence } of result.copies)
    out.line(`  ${state.padEnd(10)} ${repository}${sentence === undefined ? '' : `: ${sentence}`}`);
  for (const sentence of result.exceptions) out.line(`  exception  ${sentence}`);
  for (const sentence of result.warnings) out.line(`  warning    ${sentence}`);
}
