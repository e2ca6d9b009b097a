import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { type Workflows, workflowTypes } from '../../workflows/contract.ts';
import type { ListTestsResult } from '../../workflows/contract-restore-test.ts';
import type { Act } from '../act.ts';
import { named } from '../backups.ts';
import type { Context } from '../context.ts';
import { countOption } from '../durations.ts';
import { exit } from '../io.ts';
import { backupRepositories } from '../repositories.ts';
import { runToEnd, started, startOptions, zoneWithWorker } from '../run-workflow.ts';
import { examples } from './examples.ts';

type Options = { plan?: string; limit: number };

/** A workflow's answer must stay below what Temporal takes. */
const most = 1000;

export function addRestoreTestList(restoreTest: Command, act: Act): void {
  restoreTest
    .command('list')
    .description('what was tested when, and what came of it, newest first')
    .option('--plan <plan>', 'only the tests of this plan')
    .option('--limit <count>', `at most so many, and never more than ${most}`, countOption, 50)
    .addHelpText(
      'after',
      examples('holdfast restore-test list', 'holdfast restore-test list --plan shop-daily --json'),
    )
    .action(
      act<Options>(async (context, { plan, limit }) => {
        const { policy } = await context.loadPolicy();
        const plans = plan === undefined ? Object.values(policy.plans) : [named(policy.plans, plan, 'plan')];
        const { client } = await context.temporal();
        const kind = workflowTypes.listTests;
        const repositories =
          plan === undefined ? backupRepositories(policy) : plans.flatMap(({ copies }) => copies);
        const run = await started(
          client.workflow.start<Workflows['listTests']>(kind, {
            ...startOptions({
              zone: await zoneWithWorker(client, [...new Set(repositories.map(({ zone }) => zone))]),
              workflowId: `list-tests/${randomUUID()}`,
              kind,
              summary: plan === undefined ? 'Restore tests' : `Restore tests of plan ${plan}`,
              timeout: 3600,
            }),
            args: [
              {
                repositories,
                sources: [...new Set(plans.map(({ source }) => source.name))],
                limit: Math.min(limit, most),
                ...(plan === undefined ? {} : { plan }),
              },
            ],
          }),
        );
        const result = await runToEnd(context, run);
        context.out.result(result, () => print(context, result));
        return result.unreadable.length === 0 ? exit.done : exit.fault;
      }),
    );
}

function print({ out, colors }: Context, { tests, more, unreadable }: ListTestsResult): void {
  for (const { at, plan, source, backupId, repository, result, report } of tests) {
    const shown = result === 'failed' ? colors.red(result) : colors.green(result);
    const where = report === null ? '' : `, report ${report.path}`;
    out.line(`${at}  ${plan ?? source}  ${backupId} from ${repository}: ${shown}${where}`);
  }
  if (tests.length === 0) out.line('Nothing was tested yet. `holdfast restore-test run PLAN` does it.');
  if (more) out.line('There are more; see --limit.');
  for (const { repository, sentence } of unreadable) out.line(`${repository} could not be read: ${sentence}`);
}
