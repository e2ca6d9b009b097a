import { access, constants } from 'node:fs/promises';
import type { CommandSpec } from './command.ts';

/** The command, made to die with this worker where the system offers that. */
export async function tiedToUs(spec: CommandSpec): Promise<CommandSpec> {
  const setpriv = await findSetpriv();
  if (setpriv === null) return spec;
  return { ...spec, command: setpriv, args: ['--pdeathsig', 'KILL', spec.command, ...spec.args] };
}

/** Whether what ties a command to us could not start it, by what is left of that: the command itself was never run. */
export const isUnstarted = (exitCode: number | null, output: string): boolean =>
  (exitCode === 126 || exitCode === 127) && output.startsWith('setpriv: ');

async function findSetpriv(): Promise<string | null> {
  for (const path of ['/usr/bin/setpriv', '/bin/setpriv']) {
    const runs = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return path;
  }
  return null;
}
