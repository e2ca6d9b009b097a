import type { OptionValues } from 'commander';
import type { Context } from './context.ts';
import type { ExitCode } from './io.ts';

/** How a command file hands over its work. */
export type Act = <Options extends OptionValues>(
  work: (context: Context, options: Options, args: string[]) => Promise<ExitCode>,
) => (...parameters: unknown[]) => Promise<void>;
