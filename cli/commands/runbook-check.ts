import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { runbookCheckInput } from '../../schedules/index.ts';
import { type Workflows, workflowTypes } from '../../workflows/contract.ts';
import {
  type CheckedStep,
  type RunbookCheckResult,
  runbookCheckId,
} from '../../workflows/contract-runbook.ts';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { runbookNamed } from '../failovers.ts';
import { exit } from '../io.ts';
import { remarkAll } from '../recorded.ts';
import { runToEnd, started, startOptions, zoneWithWorker } from '../run-workflow.ts';
import { examples } from './examples.ts';

const timeLimit = 3600;

export function addRunbookCheck(runbook: Command, act: Act): void {
  runbook
    .command('check')
    .description('look at every step of a runbook in its zone, without effect: could it be done now?')
    .argument('<runbook>', "the name of one of the policy's runbooks")
    .addHelpText(
      'after',
      examples('holdfast runbook check shop-failover', 'holdfast runbook check shop-failover --json'),
    )
    .action(
      act(async (context, _options, [name = '']) => {
        const { policy } = await context.loadPolicy();
        const checked = runbookNamed(policy, name);
        const { client } = await context.temporal();
        const run = await started(
          client.workflow.start<Workflows['runbookCheck']>(workflowTypes.runbookCheck, {
            ...startOptions({
              zone: await zoneWithWorker(client, [checked.zone]),
              workflowId: `${runbookCheckId(name)}/by-hand-${randomUUID().slice(0, 8)}`,
              kind: workflowTypes.runbookCheck,
              summary: `Whether the runbook ${name} could be followed now, asked by hand`,
              timeout: timeLimit,
            }),
            args: [runbookCheckInput(policy, checked)],
          }),
        );
        const result = await runToEnd(context, run);
        remarkAll(context, result.warnings);
        context.out.result(result, () => print(context, result));
        return result.result === 'failed' ? exit.fault : exit.done;
      }),
    );
}

function print({ out, colors }: Context, { runbook, version, result, findings }: RunbookCheckResult): void {
  const paint = (outcome: CheckedStep['outcome']): string => {
    if (outcome === 'ok') return colors.green(outcome);
    return outcome === 'fault' ? colors.red(outcome) : colors.yellow(outcome);
  };
  for (const { outcome, step, mode, sentence } of findings)
    out.line(`${paint(outcome)}  ${step}${mode === 'drill' ? ' (drill)' : ''}: ${sentence}`);
  out.line(`${runbook}, version ${version.slice(0, 12)}: ${result}`);
}
