import type { Command } from 'commander';
import pico from 'picocolors';
import type { LoadedPolicy } from '../policy/index.ts';
import type { Temporal } from './connect.ts';
import type { ExitCode, Io, TextSink } from './io.ts';
import { Output } from './output.ts';
import { Progress } from './terminal.ts';

/** What a command has at hand while it runs. */
export type Context = {
  io: Io;
  json: boolean;
  policyPath: string;
  /** Results, on stdout. */
  out: Output;
  /** Remarks for people, on stderr; none with --json. */
  remark(text: string): void;
  progress: Progress;
  colors: ReturnType<typeof pico.createColors>;
  loadPolicy(): Promise<LoadedPolicy>;
  /** Connects once; the connection is closed when the command ends. */
  temporal(): Promise<Temporal>;
};

export type GlobalOptions = { policy: string; json?: boolean; color: boolean };

/** Runs a command's work with a context that is cleaned up after it. */
export async function withContext(
  io: Io,
  options: GlobalOptions,
  work: (context: Context) => Promise<ExitCode>,
): Promise<ExitCode> {
  const json = options.json === true;
  let connecting: Promise<Temporal> | undefined;
  const progress = new Progress(io.stderr, !json);
  const context: Context = {
    io,
    json,
    policyPath: options.policy,
    out: new Output(clearing(io.stdout, progress), json),
    remark: (text) => {
      progress.clear();
      if (!json) io.stderr.write(`${text}\n`);
    },
    progress,
    colors: pico.createColors(usesColor(io.stdout, io, options)),
    loadPolicy: async () => (await import('../policy/index.ts')).loadPolicy(options.policy),
    temporal: () => {
      connecting ??= import('./connect.ts').then(({ connectTemporal }) => connectTemporal(io.env));
      return connecting;
    },
  };
  try {
    return await work(context);
  } finally {
    progress.clear();
    const temporal = await connecting?.catch(() => undefined);
    await temporal?.connection.close();
  }
}

/** On a terminal a result would stand behind the line of progress. */
const clearing = (sink: TextSink, progress: Progress): TextSink => ({
  write: (text) => {
    progress.clear();
    return sink.write(text);
  },
  get isTTY() {
    return sink.isTTY;
  },
  get columns() {
    return sink.columns;
  },
});

/** The options of the program and of the command itself, in one. */
export function globalOptions(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>();
}

/** The convention of no-color.org: a set and non-empty NO_COLOR wins; else colours only on a terminal. */
function usesColor(sink: TextSink, io: Io, options: GlobalOptions): boolean {
  return options.color && !options.json && sink.isTTY === true && !io.env.NO_COLOR;
}
