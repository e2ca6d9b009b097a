import { randomUUID } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import { HoldfastError } from '../../policy/errors.ts';
import type { ResolvedPlan } from '../../policy/resolved.ts';
import { type TestChoice, usualThawing } from '../../policy/resolved-proof.ts';
import { parseSpan } from '../../policy/units.ts';
import { isBackupId } from '../../repository/index.ts';
import { attributesOf, restoreTestWorkflowId } from '../../schedules/index.ts';
import { type Workflows, workflowTypes } from '../../workflows/contract.ts';
import type { RestoreTestInput } from '../../workflows/contract-restore-test.ts';
import type { Act } from '../act.ts';
import { named } from '../backups.ts';
import { exit } from '../io.ts';
import { asOption, recordedBy } from '../recorded.ts';
import { printRestoreTest } from '../restore-test-print.ts';
import { runToEnd, started, startOptions, zoneWithWorker } from '../run-workflow.ts';
import { examples } from './examples.ts';

type Options = {
  backup?: string;
  from?: string;
  pick?: TestChoice;
  heal: boolean;
  thaw?: true;
  wait: boolean;
  as?: string;
};

export function addRestoreTestRun(restoreTest: Command, act: Act): void {
  restoreTest
    .command('run')
    .description('restore a copy into a scratch place, make every check, keep a signed report')
    .argument('<plan>', 'the plan')
    .option('--backup <id>', 'this backup, instead of what the policy picks')
    .option('--pick <choice>', "latest, untested, or 'random 30d' for any of the last 30 days", choiceOption)
    .option(
      '--from <repository>',
      'this copy only; else the one whose turn it is, and the next when it is bad',
    )
    .option(
      '--thaw',
      'copies in an archive class too: they are asked back, which costs money and takes hours',
    )
    .option('--no-heal', 'leave a copy that is found bad as it is')
    .option('--no-wait', 'start it, and do not wait for its end')
    .option(...asOption)
    .addHelpText(
      'after',
      examples(
        'holdfast restore-test run shop-daily',
        "holdfast restore-test run shop-daily --from offsite --pick 'random 90d'",
      ),
    )
    .action(
      act<Options>(async (context, options, [name = '']) => {
        const { policy } = await context.loadPolicy();
        const plan = named(policy.plans, name, 'plan');
        const input = { ...inputOf(plan, options), ...recordedBy(policy, options.as) };
        const { zone } = input.test;
        const { client } = await context.temporal();
        const kind = workflowTypes.restoreTest;
        const run = await started(
          client.workflow.start<Workflows['restoreTest']>(kind, {
            ...startOptions({
              zone: await zoneWithWorker(client, [zone]),
              workflowId: `${restoreTestWorkflowId(plan.name)}/${randomUUID().slice(0, 8)}`,
              kind,
              summary: `Restore test of plan ${plan.name}`,
              attributes: attributesOf(plan, kind),
            }),
            args: [input],
          }),
        );
        if (!options.wait) {
          const { workflowId } = run;
          context.out.result({ workflowId }, () => context.out.line(`Started ${workflowId}.`));
          return exit.done;
        }
        const result = await runToEnd(context, run);
        context.out.result(result, () => printRestoreTest(context, result));
        return result.result === 'passed' ? exit.done : exit.fault;
      }),
    );
}

function inputOf(plan: ResolvedPlan, { backup, from, pick, heal, thaw }: Options): RestoreTestInput {
  const test = plan.restoreTest;
  if (test === undefined)
    throw new HoldfastError(
      'bad-key',
      `No zone that opens the key ${plan.key.name} can read a copy of ${plan.name}.`,
      {
        hint: 'Name a zone under `opens` of the key, and put the private key on its worker.',
      },
    );
  if (backup !== undefined && pick !== undefined)
    throw new HoldfastError('bad-usage', 'A backup is either named or picked.', {
      hint: 'Give --backup or --pick, and not both.',
    });
  // Refused here: a test that could not be made leaves a signed report behind.
  if (backup !== undefined && !isBackupId(backup))
    throw new HoldfastError('bad-usage', `"${backup}" is no id of a backup.`, {
      hint: 'Give one such as 20261121T010000Z-1a2b3c4d from `holdfast backup list`, or leave --backup out for what the policy picks.',
    });
  if (from !== undefined)
    named(Object.fromEntries(plan.copies.map((copy) => [copy.name, copy])), from, 'online copy');
  const choice = backup === undefined ? pick : { kind: 'backup' as const, backupId: backup };
  return {
    plan,
    test: thaw === true ? { ...test, thaw: usualThawing } : test,
    ...(choice === undefined ? {} : { choice }),
    ...(from === undefined ? {} : { from }),
    ...(heal ? {} : { heal: false }),
  };
}

function choiceOption(text: string): TestChoice {
  if (text === 'latest' || text === 'untested') return { kind: text };
  const within = text.startsWith('random ') ? parseSpan(text.slice('random '.length)) : null;
  if (within === null)
    throw new InvalidArgumentError("Write latest, untested, or random and a span: 'random 30d'.");
  return { kind: 'random', within };
}
