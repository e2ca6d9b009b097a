import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { HoldfastError } from '../../policy/errors.ts';
import { policyTemplate } from '../../policy/index.ts';
import type { Act } from '../act.ts';
import { exit } from '../io.ts';
import { examples } from './examples.ts';

export function addInit(program: Command, act: Act): void {
  program
    .command('init')
    .description('write a commented policy to start from')
    .option('--force', 'replace a policy file that exists')
    .addHelpText('after', examples('holdfast init', 'holdfast init --policy backups/holdfast.yaml'))
    .action(
      act<{ force?: boolean }>(async ({ policyPath, out }, { force }) => {
        await write(policyPath, force === true);
        out.result({ written: policyPath }, () => {
          out.line(`Wrote ${policyPath}. Edit it, then run: holdfast validate`);
        });
        return exit.done;
      }),
    );
}

async function write(path: string, replace: boolean): Promise<void> {
  try {
    await writeFile(path, policyTemplate(), { flag: replace ? 'w' : 'wx' });
  } catch (cause) {
    if (isExisting(cause))
      throw new HoldfastError('bad-usage', `${path} exists already and was left as it is.`, {
        hint: 'Add --force to replace it, or name another file with --policy.',
      });
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HoldfastError('process-failed', `${path} can't be written: ${why}.`, { cause });
  }
}

function isExisting(cause: unknown): boolean {
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 'EEXIST';
}
