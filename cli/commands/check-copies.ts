import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { ResolvedPolicy } from '../../policy/resolved.ts';
import { checksInput, copiesWorkflowId } from '../../schedules/index.ts';
import { type Workflows, workflowTypes } from '../../workflows/contract.ts';
import type { CopiesCheckInput, CopiesCheckResult, Verdict } from '../../workflows/contract-checks.ts';
import type { Act } from '../act.ts';
import { named } from '../backups.ts';
import type { Context } from '../context.ts';
import { exit } from '../io.ts';
import { asOption, recordedBy, remarkAll } from '../recorded.ts';
import { runToEnd, started, startOptions, zoneWithWorker } from '../run-workflow.ts';
import { examples } from './examples.ts';

type Options = { plan?: string; as?: string };

/** Reading the newest copies again may take a night. */
const timeLimit = 2 * 86_400;

export function addCheckCopies(check: Command, act: Act): void {
  check
    .command('3-2-1')
    .alias('copies')
    .description('check the copies: how many, where, whole, decryptable, encrypted and locked')
    .option('--plan <plan>', 'this plan only; opens and closes no alert')
    .option(...asOption)
    .addHelpText('after', examples('holdfast check 3-2-1', 'holdfast check 3-2-1 --plan shop-daily --json'))
    .action(
      act<Options>(async (context, { plan, as }) => {
        const { policy } = await context.loadPolicy();
        const { person } = recordedBy(policy, as);
        const input = inputOf(policy, plan);
        const { client } = await context.temporal();
        const run = await started(
          client.workflow.start<Workflows['copiesCheck']>(workflowTypes.copiesCheck, {
            ...startOptions({
              zone: await zoneWithWorker(client, [policy.checks.zone]),
              workflowId: `${copiesWorkflowId}/by-hand-${randomUUID().slice(0, 8)}`,
              kind: workflowTypes.copiesCheck,
              summary: `3-2-1: the copies of ${plan ?? 'all plans'}, asked by hand`,
              attributes: plan === undefined ? {} : { HoldfastPlan: plan },
              timeout: timeLimit,
            }),
            args: [person === undefined ? input : { ...input, person }],
          }),
        );
        const result = await runToEnd(context, run);
        remarkAll(context, result.warnings);
        context.out.result(result, () => print(context, result));
        return result.result === 'passed' ? exit.done : exit.fault;
      }),
    );
}

/** One plan alone must not look to the alerts as if all the others were well. */
function inputOf(policy: ResolvedPolicy, plan: string | undefined): CopiesCheckInput {
  const input = checksInput(policy);
  if (plan === undefined) return input;
  const { name, key } = named(policy.plans, plan, 'plan');
  return {
    ...input,
    quiet: true,
    plans: input.plans.filter((each) => each.plan === name),
    keys: input.keys.filter((each) => each.name === key.name),
  };
}

const heads = {
  copies: 'COPIES',
  media: 'MEDIA',
  offsite: 'OFFSITE',
  residency: 'RESIDENCY',
  reachable: 'REACHABLE',
  rehashed: 'READ AGAIN',
  decryptable: 'KEY OPENS',
  encrypted: 'ENCRYPTED',
  locked: 'LOCKED',
} as const;

function print({ out, colors }: Context, result: CopiesCheckResult): void {
  const mark = (outcome: Verdict['outcome']) =>
    outcome === 'yes' ? colors.green('yes') : outcome === 'no' ? colors.red('no') : colors.yellow('?');
  out.table(
    ['PLAN', ...Object.values(heads)],
    result.plans.map(({ plan, outcomes }) => [
      plan,
      ...[
        outcomes.copies,
        outcomes.media,
        outcomes.offsite,
        outcomes.residency,
        outcomes.reachable,
        outcomes.rehashed,
        outcomes.decryptable,
        outcomes.encrypted,
        outcomes.locked,
      ].map(mark),
    ]),
  );
  for (const { check, subject, sentence } of result.facts.filter(({ outcome }) => outcome === 'no'))
    out.line(`${colors.red('no')}  ${subject}, ${heads[check].toLowerCase()}: ${sentence}`);
  for (const { subject, sentence } of result.facts.filter(({ mended }) => mended === true))
    out.line(`${colors.yellow('mended')}  ${subject}: ${sentence}`);
  for (const sentence of result.exceptions) out.line(`not checked  ${sentence}`);
  if (result.evidence !== null)
    out.line(`Report: _evidence/${result.evidence.path} in ${result.evidence.stored.join(', ')}`);
  out.line(`3-2-1: ${result.result}`);
}
