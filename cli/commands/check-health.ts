import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { checksInput, healthWorkflowId } from '../../schedules/index.ts';
import { type Workflows, workflowTypes } from '../../workflows/contract.ts';
import type { HealthResult } from '../../workflows/contract-checks.ts';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { drillsJudged } from '../drills-judged.ts';
import { exit } from '../io.ts';
import { runToEnd, started, startOptions, zoneWithWorker } from '../run-workflow.ts';
import { examples } from './examples.ts';

export function addCheckHealth(check: Command, act: Act): void {
  check
    .command('health')
    .description('look whether all is well now, as every few minutes; exit 3 when something is not')
    .addHelpText('after', examples('holdfast check health', 'holdfast check health --json'))
    .action(
      act(async (context) => {
        const { policy } = await context.loadPolicy();
        const { client } = await context.temporal();
        const run = await started(
          client.workflow.start<Workflows['health']>(workflowTypes.health, {
            ...startOptions({
              zone: await zoneWithWorker(client, [policy.checks.zone]),
              workflowId: `${healthWorkflowId}/by-hand-${randomUUID().slice(0, 8)}`,
              kind: workflowTypes.health,
              summary: 'Whether all is well, asked by hand',
              timeout: 1800,
            }),
            args: [checksInput(policy)],
          }),
        );
        const result = withDrills(
          await runToEnd(context, run),
          await drillsJudged(client, policy, Date.now()),
        );
        context.out.result(result, () => print(context, result));
        return result.result === 'passed' ? exit.done : exit.fault;
      }),
    );
}

/** The drills are looked after by others, who tell the alerts themselves; whoever asks whether all is well means them too. */
function withDrills(
  result: HealthResult,
  drills: Pick<HealthResult, 'findings' | 'unchecked'>,
): HealthResult {
  const findings = [...result.findings, ...drills.findings];
  const unchecked = [...result.unchecked, ...drills.unchecked];
  const isWell = result.result === 'passed' && drills.findings.length + drills.unchecked.length === 0;
  return { ...result, findings, unchecked, result: isWell ? 'passed' : 'failed' };
}

function print({ out, colors }: Context, { findings, unchecked, tidied }: HealthResult): void {
  for (const { severity, kind, subject, sentence } of findings) {
    const mark = severity === 'critical' ? colors.red(severity) : colors.yellow(severity);
    out.line(`${mark}  ${kind}  ${subject}`);
    out.line(`  ${sentence}`);
  }
  for (const { subject, sentence } of unchecked) out.line(`not checked  ${subject}: ${sentence}`);
  for (const { zone, removed } of tidied)
    out.line(`removed in ${zone} what dead workers left: ${removed.join(', ')}`);
  const well = findings.length + unchecked.length === 0;
  out.line(
    well ? colors.green('All is well.') : `${findings.length} found, ${unchecked.length} not checked.`,
  );
}
