import type { Command } from 'commander';
import { formatDuration } from '../../policy/units.ts';
import { inParallel } from '../../schedules/index.ts';
import type { Act } from '../act.ts';
import { type AirgapStatus, airgapStatuses } from '../airgap-status.ts';
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
        const airgapped = plan === undefined ? await airgapStatuses(context, policy, client, now) : [];
        context.out.result({ plans: statuses, airgapped }, () => {
          print(context, statuses);
          printAirgapped(context, airgapped);
        });
        const faulty = [...statuses, ...airgapped].some(({ faults }) => faults.length > 0);
        return faulty ? exit.fault : exit.done;
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

function printAirgapped({ out, colors }: Context, statuses: AirgapStatus[]): void {
  if (statuses.length === 0) return;
  out.line();
  out.table(
    ['AIR-GAPPED', 'FILLED', 'NEWEST DATA', ''],
    statuses.map(({ repository, filledAt, plans, faults }) => [
      repository,
      filledAt ?? 'never',
      plans.map(({ plan, age }) => `${plan} ${formatDuration(age)} ago`).join(', ') || 'none',
      faults.length === 0 ? colors.green('ok') : colors.red('fault'),
    ]),
  );
  for (const { repository, faults } of statuses)
    for (const fault of faults) out.line(`${colors.red('fault')}  ${repository}: ${fault}`);
}
