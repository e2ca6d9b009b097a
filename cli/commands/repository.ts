import { randomUUID } from 'node:crypto';
import { type Command, Option } from 'commander';
import { type Workflows, workflowTypes } from '../../workflows/contract.ts';
import type { SweepResult } from '../../workflows/contract-upkeep.ts';
import type { Act } from '../act.ts';
import { named } from '../backups.ts';
import type { Context } from '../context.ts';
import { durationOption } from '../durations.ts';
import { exit } from '../io.ts';
import { asOption, recordedBy, remarkAll } from '../recorded.ts';
import { runToEnd, started, startOptions, zoneWithWorker } from '../run-workflow.ts';
import { examples } from './examples.ts';
import { addRepositoryAirgap } from './repository-airgap.ts';
import { addRepositoryLifecycle } from './repository-lifecycle.ts';

type Options = { as?: string; grace: number; dryRun?: boolean };

export function addRepository(repository: Command, act: Act): void {
  repository.addHelpText('after', examples('holdfast repository sweep offsite --dry-run'));
  addRepositoryAirgap(repository, act);
  addRepositoryLifecycle(repository, act);
  repository
    .command('sweep')
    .description('remove what failed attempts left behind; never anything that belongs to a backup')
    .argument('<repository>', 'the repository')
    .addOption(
      new Option('--grace <duration>', 'leave what is younger')
        .argParser(durationOption)
        .default(86_400, '1d'),
    )
    .option(...asOption)
    .option('--dry-run', 'only say what would be removed')
    .addHelpText(
      'after',
      examples(
        'holdfast repository sweep offsite --dry-run',
        'holdfast repository sweep offsite --grace 7d --json',
      ),
    )
    .action(
      act<Options>(async (context, { as, grace, dryRun }, [name = '']) => {
        const { policy } = await context.loadPolicy();
        const recorded = recordedBy(policy, as);
        const target = named(policy.repositories, name, 'repository');
        const { client } = await context.temporal();
        const run = await started(
          client.workflow.start<Workflows['sweep']>(workflowTypes.sweep, {
            ...startOptions({
              zone: await zoneWithWorker(client, [target.zone]),
              workflowId: `sweep/${target.name}/${randomUUID().slice(0, 8)}`,
              kind: workflowTypes.sweep,
              summary: `Sweep of the repository ${target.name}`,
            }),
            args: [{ repository: target, graceSeconds: grace, dryRun: dryRun === true, ...recorded }],
          }),
        );
        const result = await runToEnd(context, run);
        remarkAll(context, result.warnings);
        context.out.result(result, () => print(context, result, dryRun === true));
        return exit.done;
      }),
    );
}

function print({ out }: Context, { removed, kept, unfinishedUploads }: SweepResult, dryRun: boolean): void {
  const did = dryRun ? 'would remove' : 'removed';
  for (const key of removed) out.line(`${did}  ${key}`);
  for (const { key, sentence } of kept) out.line(`kept  ${key}: ${sentence}`);
  out.line(
    `${did} ${removed.length} objects and ${unfinishedUploads} unfinished uploads, kept ${kept.length}.`,
  );
}
