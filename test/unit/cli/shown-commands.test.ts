import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type Command, CommanderError } from 'commander';
import { everyCommand, holdfast, silentProgram } from '../../support/cli.ts';
import {
  commandBlocks,
  commandLines,
  commandsInText,
  type ShownCommand,
  shellWords,
} from '../../support/shown-commands.ts';

const root = join(import.meta.dirname, '..', '..', '..');

const every = await everyCommand();

const pages = [
  ...['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'docker-compose.temporal.yml'],
  ...filesIn('docs', '.md'),
];
const sources = [
  ...['activities', 'checks', 'cli', 'policy', 'process', 'reports', 'repository', 'retention'],
  ...['schedules', 'sources', 'workers', 'workflows'],
].flatMap((folder) => filesIn(folder, '.ts'));

describe('commands that are shown', () => {
  it.each(pages)('%s: those in blocks can be given as they stand', async (page) => {
    const wrong = await faultsOf(commandBlocks(read(page)), faultIn);
    expect(wrong).toEqual([]);
  });

  it.each(pages)('%s: those in the text exist, with their options', async (page) => {
    expect(await faultsOf(commandsInText(read(page)), faultInName)).toEqual([]);
  });

  it('are found on pages', () => {
    const inBlocks = pages.flatMap((page) => commandBlocks(read(page)));
    expect(inBlocks.length).toBeGreaterThan(100);
  });

  it('in messages and comments of the source exist, with their options', async () => {
    const wrong = await Promise.all(
      sources.map(async (file) => {
        const faults = await faultsOf(commandsInText(read(file).replaceAll('\\`', '`')), faultInName);
        return faults.map((fault) => `${file}:${fault}`);
      }),
    );
    expect(wrong.flat()).toEqual([]);
  });

  it.each([...new Set(every.flatMap(([words]) => [words, words.split(' ')[0] ?? '']))])(
    '%s --help: its examples can be given as they stand',
    async (words) => {
      const { stdout } = await holdfast([...words.split(' '), '--help']);
      const [, examples = ''] = stdout.split('Examples:\n');
      const shown = commandLines(examples.split('\n').map((text, index) => ({ line: index + 1, text })));
      expect(shown.length).toBeGreaterThan(0);
      expect(await faultsOf(shown, faultIn)).toEqual([]);
    },
  );

  it('are read as a shell reads them', () => {
    expect(shellWords(`restore-test run a --pick 'random 90d' --as "x \\"y\\"" it\\'s # why`)).toEqual([
      ...['restore-test', 'run', 'a', '--pick', 'random 90d', '--as', 'x "y"', "it's"],
    ]);
    expect(shellWords('deletion show RUN --text | sha256sum')).toEqual(['deletion', 'show', 'RUN', '--text']);
  });
});

async function faultsOf(
  shown: ShownCommand[],
  fault: (words: string[]) => Promise<string | null>,
): Promise<string[]> {
  const found = await Promise.all(
    shown.map(async ({ line, text, words }) => [`${line} ${text}`, await fault(words)] as const),
  );
  return found.flatMap(([what, why]) => (why === null ? [] : [`${what}: ${why}`]));
}

/** What the command line itself says of it, before it does anything. */
async function faultIn(words: string[]): Promise<string | null> {
  const program = await silentProgram();
  for (const command of leavesOf(program)) command.action(() => undefined);
  try {
    await program.parseAsync(words, { from: 'user' });
    return null;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return null;
    return error instanceof Error ? error.message : String(error);
  }
}

/** Whether there is such a command, and whether it takes these options: arguments may be missing. */
async function faultInName(words: string[]): Promise<string | null> {
  let command: Command = await silentProgram();
  const known = new Set(command.options.map(({ long }) => long));
  for (const word of words.filter((each) => !each.startsWith('-'))) {
    const next = command.commands.find((each) => [each.name(), ...each.aliases()].includes(word));
    if (next === undefined && wantsCommand(command) && /^[a-z0-9-]+$/.test(word))
      return `there is no command ${word}`;
    if (next === undefined) break;
    command = next;
  }
  for (const each of [command, ...command.commands]) for (const { long } of each.options) known.add(long);
  const unknown = words.filter((word) => word.startsWith('--') && !known.has(word));
  return unknown.length === 0 ? null : `${command.name()} does not take ${unknown.join(', ')}`;
}

/** Not so where one of its commands is meant without a name, as in `drill RUNBOOK`. */
const wantsCommand = (command: Command): boolean =>
  command.commands.length > 0 && typeof Reflect.get(command, '_defaultCommandName') !== 'string';

const leavesOf = (command: Command): Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);

const read = (file: string): string => readFileSync(join(root, file), 'utf8');

function filesIn(folder: string, suffix: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(suffix))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}
