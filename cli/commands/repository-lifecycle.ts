import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { HoldfastError } from '../../policy/errors.ts';
import { keptIn } from '../../policy/kept-in.ts';
import { type Workflows, workflowTypes } from '../../workflows/contract.ts';
import type { LifecycleResult } from '../../workflows/contract-lifecycle.ts';
import type { Act } from '../act.ts';
import { named } from '../backups.ts';
import type { Context } from '../context.ts';
import { exit } from '../io.ts';
import { asOption, recordedBy, remarkAll } from '../recorded.ts';
import { runToEnd, started, startOptions, zoneWithWorker } from '../run-workflow.ts';
import { examples } from './examples.ts';

type Options = { as?: string; write?: boolean; check?: boolean; expire?: boolean };

/** The command for buckets that move data to colder classes by themselves. */
export function addRepositoryLifecycle(repository: Command, act: Act): void {
  repository
    .command('lifecycle')
    .description("show, check or write a bucket's lifecycle rules, by what the policy keeps there")
    .argument('<repository>', 'a bucket')
    .option('--write', 'put the rules into the bucket, beside those of others')
    .option('--check', 'only say what the rules that are there could do to what the policy keeps')
    .option(
      '--expire',
      'let the bucket expire data once no tier keeps it; it knows of no hold and no last backup',
    )
    .option(...asOption)
    .addHelpText(
      'after',
      examples(
        'holdfast repository lifecycle offsite --check',
        'holdfast repository lifecycle offsite',
        'holdfast repository lifecycle offsite --write --as operator-1',
      ),
    )
    .action(act<Options>((context, options, [name = '']) => lifecycle(context, name, options)));
}

async function lifecycle(context: Context, name: string, { as, write, check, expire }: Options) {
  if (write && check)
    throw new HoldfastError('bad-usage', '--write and --check exclude each other.', {
      hint: '--write checks as well, after it has written.',
    });
  const { policy } = await context.loadPolicy();
  const recorded = recordedBy(policy, as);
  const target = named(policy.repositories, name, 'repository');
  const { client } = await context.temporal();
  const run = await started(
    client.workflow.start<Workflows['lifecycle']>(workflowTypes.lifecycle, {
      ...startOptions({
        zone: await zoneWithWorker(client, [target.zone]),
        workflowId: `lifecycle/${target.name}/${randomUUID().slice(0, 8)}`,
        kind: workflowTypes.lifecycle,
        summary: `Lifecycle rules of the repository ${target.name}`,
      }),
      args: [
        {
          repository: target,
          kept: keptIn(policy, target.name),
          expire: expire === true,
          write: write === true,
          ...recorded,
        },
      ],
    }),
  );
  const result = await runToEnd(context, run);
  remarkAll(context, result.warnings);
  context.out.result(result, () => print(context, result, check === true));
  return result.findings.some(({ level }) => level === 'fault') ? exit.fault : exit.done;
}

function print({ out, colors }: Context, result: LifecycleResult, check: boolean): void {
  if (!check) {
    out.line(result.written ? 'Written:' : 'Would be written (--write):');
    for (const rule of result.rules) out.line(`  ${rule}`);
  }
  out.line(result.present.length === 0 ? 'The bucket has no lifecycle rules.' : 'In the bucket:');
  for (const rule of result.present) out.line(`  ${rule}`);
  for (const { rule, level, sentence } of result.findings) {
    const mark = level === 'fault' ? colors.red(level) : colors.yellow(level);
    out.line(`${mark}  ${rule === null ? '' : `${rule}: `}${sentence}`);
  }
}
