import type { Command } from 'commander';
import { formatDuration } from '../../policy/units.ts';
import { inParallel } from '../../schedules/index.ts';
import type { Act } from '../act.ts';
import { named } from '../backups.ts';
import type { Context } from '../context.ts';
import { exit } from '../io.ts';
import { type PlanStatus, planStatus } from '../plan-status.ts';
import { examples } from './examples.ts';

export function addStatus(program: Command, act: Act): void {
  program
    .command('status')
    .description('show how each plan stands: last and next backup, age of the newest good data')
    .option('--plan <plan>', 'this plan only')
    .addHelpText('after', examples('holdfast status', 'holdfast status --plan shop-daily --json'))
    .action(
      act<{ plan?: string }>(async (context, { plan }) => {
        const { policy } = await context.loadPolicy();
        const plans = plan === undefined ? Object.values(policy.plans) : [named(policy.plans, plan, 'plan')];
        const { client } = await context.temporal();
        context.progress.show(`Reading the status of ${plans.length} plans`);
        const now = new Date();
        const statuses = await inParallel(plans, 16, (one) => planStatus(client, one, now));
        context.out.result({ plans: statuses }, () => print(context, statuses));
        return statuses.some(({ faults }) => faults.length > 0) ? exit.fault : exit.done;
      }),
    );
}

function print({ out, colors }: Context, statuses: PlanStatus[]): void {
  out.table(
    ['PLAN', 'LAST', 'NEWEST DATA', 'NEXT', ''],
    statuses.map(({ plan, last, lastGood, next, paused, running, faults }) => [
      plan,
      running.length > 0 ? 'running' : (last?.result ?? 'none'),
      lastGood === null ? 'none' : `${formatDuration(lastGood.age)} ago`,
      paused ? 'paused' : (next ?? 'none'),
      faults.length === 0 ? colors.green('ok') : colors.red('fault'),
    ]),
  );
  for (const { plan, faults, skipped } of statuses) {
    for (const fault of faults) out.line(`${colors.red('fault')}  ${plan}: ${fault}`);
    if (skipped > 0)
      out.line(`note   ${plan}: ${skipped} were left out while the one before was still running.`);
  }
}
