import { readFileSync } from 'node:fs';
import { Command, CommanderError, Help, Option, type OptionValues } from 'commander';
import { HoldfastError, sentenceOf } from '../policy/errors.ts';
import { formatProblem, PolicyError } from '../policy/problem.ts';
import type { Act } from './act.ts';
import { commands } from './commands/index.ts';
import { type Context, globalOptions, withContext } from './context.ts';
import { type ExitCode, exit, type Io } from './io.ts';

/**
 * The command line. `done` hears the exit code of the command that ran.
 *
 * @param args what was typed: only the command that is called is loaded; absent: every one is
 */
export async function createProgram(
  io: Io,
  done: (code: ExitCode) => void,
  args?: readonly string[],
): Promise<Command> {
  const terms = new Map<Command, string>();
  const program = new Command('holdfast')
    .description('Durable backup and disaster recovery on Temporal')
    .version(packageVersion(), '-V, --version', 'print the version')
    .addOption(
      new Option('--policy <file>', 'the policy file').default(
        io.env.HOLDFAST_POLICY || 'holdfast.yaml',
        '$HOLDFAST_POLICY, else holdfast.yaml',
      ),
    )
    .option('--json', 'print one JSON document on stdout')
    .option('--no-color', 'print without colours (as NO_COLOR does)')
    .configureHelp({
      showGlobalOptions: true,
      subcommandTerm: (command) => terms.get(command) ?? new Help().subcommandTerm(command),
    })
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: () => undefined,
    })
    .exitOverride()
    .addHelpText('after', '\nStart with:\n  $ holdfast init\n  $ holdfast validate\n  $ holdfast dev');
  const act: Act =
    <Options extends OptionValues>(
      work: (context: Context, options: Options, args: string[]) => Promise<ExitCode>,
    ) =>
    async (...parameters) => {
      const command = parameters.at(-1);
      if (!(command instanceof Command)) throw new Error('commander calls actions with the command last');
      const options = globalOptions(command);
      done(await withContext(io, options, (context) => work(context, command.opts<Options>(), command.args)));
    };
  const isCalled = calledBy(program, args);
  for (const { name, takes, description, load } of commands) {
    const command = program.command(name).description(description);
    terms.set(command, takes === undefined ? name : `${name} ${takes}`);
    if (isCalled(name)) (await load())(command, act);
  }
  return program;
}

/** Which commands of the program an argument list needs. */
function calledBy(program: Command, args: readonly string[] | undefined): (name: string) => boolean {
  if (args === undefined) return () => true;
  const [first, second] = program.parseOptions([...args]).operands;
  // The script that it prints completes all of them.
  if (first === 'completion') return () => true;
  const called = first === 'help' ? second : first;
  return (name) => name === called;
}

/**
 * Runs a command line to its end and gives its exit code; never throws. Errors are one sentence and a hint on stderr,
 * with --json a document on stdout as well.
 */
export async function runCli(args: readonly string[], io: Io): Promise<ExitCode> {
  let code: ExitCode = exit.done;
  const done = (ended: ExitCode) => {
    code = ended;
  };
  try {
    const program = await createProgram(io, done, args);
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exit.done;
    if (error instanceof CommanderError && error.code === 'commander.help') return exit.usage;
    const told = await toldError(error);
    report(told, args.includes('--json'), io);
    return told.code === 'bad-policy' || told.code === 'bad-usage' ? exit.usage : exit.failed;
  }
}

async function toldError(error: unknown): Promise<HoldfastError> {
  if (error instanceof HoldfastError) return error;
  if (error instanceof CommanderError)
    return new HoldfastError('bad-usage', usageSentence(error.message), {
      hint: 'Add --help to see what the command takes.',
      cause: error,
    });
  const { temporalError } = await import('../schedules/temporal-error.ts');
  return temporalError(error, 'The command');
}

/** commander's "error: unknown command 'x'\n(Did you mean y?)" as sentences. */
function usageSentence(message: string): string {
  const [first = '', ...rest] = message.replace(/^error: /, '').split('\n');
  const sentence = `${first.charAt(0).toUpperCase()}${first.slice(1).replace(/\.$/, '')}.`;
  return [sentence, ...rest.map((line) => line.replace(/^\((.*)\)$/, '$1'))].join(' ').trim();
}

function report(error: HoldfastError, json: boolean, io: Io): void {
  const problems = error instanceof PolicyError ? error.problems : [];
  for (const problem of problems) io.stderr.write(`${formatProblem(problem)}\n`);
  io.stderr.write(`Error: ${sentenceOf(error)}\n`);
  if (!json) return;
  const { code, message, hint } = error;
  const document = {
    error: { code, message, hint: hint ?? null, ...(problems.length > 0 ? { problems } : {}) },
  };
  io.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}

function packageVersion(): string {
  for (const place of ['../package.json', '../../package.json']) {
    try {
      const { version } = JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8'));
      return String(version);
    } catch {
      // The sources lie one level below package.json, the build two.
    }
  }
  return 'unknown';
}
