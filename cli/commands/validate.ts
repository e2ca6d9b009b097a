import type { Command } from 'commander';
import type { LoadedPolicy } from '../../policy/index.ts';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { exit } from '../io.ts';
import { examples } from './examples.ts';

export function addValidate(command: Command, act: Act): void {
  command
    .option('--strict', 'exit 3 when the policy is weak somewhere')
    .addHelpText('after', examples('holdfast validate', 'holdfast validate --strict --json'))
    .action(
      act<{ strict?: boolean }>(async (context, { strict }) => {
        const loaded = await context.loadPolicy();
        context.out.result(document(loaded), () => print(context, loaded));
        return strict === true && loaded.weaknesses.length > 0 ? exit.fault : exit.done;
      }),
    );
}

function document({ policy, weaknesses }: LoadedPolicy) {
  return {
    valid: true,
    hash: policy.hash,
    plans: Object.keys(policy.plans),
    runbooks: Object.keys(policy.runbooks),
    weaknesses,
  };
}

function print({ out, policyPath, colors }: Context, { policy, weaknesses }: LoadedPolicy): void {
  const { plans, runbooks } = policy;
  const also = Object.keys(runbooks).length === 0 ? '' : `, ${counted(runbooks, 'runbook')}`;
  out.line(`${policyPath} is valid: ${counted(plans, 'plan')}${also}.`);
  for (const { line, path, severity, message, hint } of weaknesses) {
    const mark = severity === 'serious' ? colors.red('serious') : colors.yellow('weak');
    out.line(`${mark}  ${policyPath}:${line}  ${path}  ${message} ${hint}`);
  }
}

function counted(things: object, noun: string): string {
  const { length } = Object.keys(things);
  return `${length} ${noun}${length === 1 ? '' : 's'}`;
}
