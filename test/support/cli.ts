import type { Command } from 'commander';
import type { ExitCode, Io } from '../../cli/io.ts';
import { createProgram, runCli } from '../../cli/program.ts';

export type CliRun = { code: ExitCode; stdout: string; stderr: string };

/** Runs a command line in this process, with the given environment and nothing else. One answer is given to all questions. */
export async function holdfast(
  args: string[],
  options: {
    env?: Record<string, string>;
    answer?: string | string[];
    signal?: AbortSignal;
    terminal?: boolean;
  } = {},
): Promise<CliRun> {
  const { answer } = options;
  const answers = Array.isArray(answer) ? [...answer] : null;
  const next = (question: string): string => {
    const given = answers === null ? answer : answers.shift();
    if (typeof given === 'string') return given;
    throw new Error(`It asks more than is answered: ${question}`);
  };
  let stdout = '';
  let stderr = '';
  const io: Io = {
    stdout: {
      write: (text) => {
        stdout += text;
      },
      isTTY: options.terminal,
    },
    stderr: {
      write: (text) => {
        stderr += text;
      },
      isTTY: options.terminal,
    },
    env: options.env ?? {},
    ask: answer === undefined ? null : async (question) => next(question),
    signal: options.signal ?? new AbortController().signal,
  };
  const code = await runCli(args, io);
  return { code, stdout, stderr };
}

/** The whole command line, which prints nothing. */
export function silentProgram(): Promise<Command> {
  const silent = { write: () => undefined };
  const signal = new AbortController().signal;
  return createProgram({ stdout: silent, stderr: silent, env: {}, ask: null, signal }, () => undefined);
}

/** Every command that does something, with the words that call it: `backup run`. */
export async function everyCommand(): Promise<[string, Command][]> {
  const program = await silentProgram();
  return program.commands.flatMap((command) => leaves(command, command.name()));
}

function leaves(command: Command, words: string): [string, Command][] {
  const children = command.commands.flatMap((child) => leaves(child, `${words} ${child.name()}`));
  return children.length > 0 ? children : [[words, command]];
}
