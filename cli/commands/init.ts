import { readFile, writeFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { HoldfastError } from '../../policy/errors.ts';
import { whyNotFile } from '../../policy/file-faults.ts';
import {
  formatProblem,
  loadPolicy,
  PolicyError,
  type Problem,
  planFor,
  policyTemplate,
  runbookTemplate,
  runbookTemplates,
  templateNamed,
  withRunbook,
} from '../../policy/index.ts';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { type ExitCode, exit } from '../io.ts';
import { examples } from './examples.ts';

type Options = { force?: boolean; runbook?: string; stdout?: boolean };

export function addInit(command: Command, act: Act): void {
  command
    .option('--force', 'replace a policy file that exists')
    .addOption(
      new Option(
        '--runbook <name>',
        `write this runbook into the policy: ${runbookTemplates.join(', ')}`,
      ).conflicts('force'),
    )
    .option('--stdout', 'with --runbook: print it, and leave the policy as it is')
    .addHelpText(
      'after',
      examples(
        'holdfast init',
        'holdfast init --policy backups/holdfast.yaml',
        'holdfast init --runbook site-loss',
        'holdfast init --runbook ransomware --stdout',
      ),
    )
    .action(
      act<Options>(async (context, { force, runbook, stdout }) => {
        if (runbook !== undefined) return addRunbook(context, runbook, stdout === true);
        if (stdout === true)
          throw new HoldfastError('bad-usage', '--stdout prints a runbook, and none is named.', {
            hint: 'Add --runbook NAME.',
          });
        const { policyPath, out } = context;
        await write(policyPath, policyTemplate(), force === true ? 'w' : 'wx');
        out.result({ written: policyPath }, () => {
          out.line(`Wrote ${policyPath}. Edit it, then run: holdfast validate`);
        });
        return exit.done;
      }),
    );
}

async function addRunbook({ policyPath, out }: Context, name: string, print: boolean): Promise<ExitCode> {
  const template = templateNamed(name);
  const policy = await readIfThere(policyPath);
  if (policy === null && !print)
    throw new HoldfastError('bad-usage', `There is no policy ${policyPath} that a runbook could go into.`, {
      hint: 'Write one with `holdfast init`, or print the runbook with --stdout.',
    });
  const runbook = await runbookTemplate(template, policy);
  const plan = planFor(policy ?? '', runbook);
  if (policy === null || print) {
    const text = `runbooks:\n${runbook}${plan}`;
    out.result({ runbook: template, text }, () => out.line(text.trimEnd()));
    return exit.done;
  }
  await write(policyPath, withRunbook(policy, template, runbook), 'w');
  const problems = await problemsOf(policyPath);
  out.result({ written: policyPath, runbook: template, problems }, () => {
    out.line(
      `Wrote runbook ${template}${plan === '' ? '' : ' and a communication plan'} into ${policyPath}.`,
    );
    for (const problem of problems) out.line(formatProblem(problem));
    out.line(
      problems.length === 0
        ? 'Read it with those who would follow it, then run: holdfast validate'
        : 'Put in what it asks for, then run: holdfast validate',
    );
  });
  return exit.done;
}

async function problemsOf(path: string): Promise<Problem[]> {
  try {
    await loadPolicy(path);
    return [];
  } catch (error) {
    if (error instanceof PolicyError) return [...error.problems];
    throw error;
  }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return null;
    throw new HoldfastError('bad-policy', `${path} can't be read: ${whyNotFile(cause)}.`, {
      hint: 'Name another file with --policy.',
      cause,
    });
  }
}

async function write(path: string, text: string, flag: 'w' | 'wx'): Promise<void> {
  try {
    await writeFile(path, text, { flag });
  } catch (cause) {
    if (hasCode(cause, 'EEXIST'))
      throw new HoldfastError('bad-usage', `${path} exists already and was left as it is.`, {
        hint: 'Add --force to replace it, or name another file with --policy.',
      });
    throw new HoldfastError('access-denied', `${path} can't be written: ${whyNotFile(cause)}.`, {
      hint: 'Name a file with --policy, in a directory that is there and that you may write to.',
      cause,
    });
  }
}

function hasCode(cause: unknown, code: string): boolean {
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === code;
}
