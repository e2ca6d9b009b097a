import { parseArgs } from 'node:util';
import { HoldfastError } from '../../policy/errors.ts';
import { type Section, sections } from './facts.ts';

export type Options = {
  rows: number;
  /** How often each contender runs; when it is not said, three times, and once where it is only a try. */
  runs: number;
  only: readonly Section[];
  /** Where the document goes; absent: `docs/benchmarks.md` after a whole run, else standard output. */
  out: string | undefined;
  /** Whether these sections take the place of the document's, whose others stay. */
  again: boolean;
};

export const fullRows = 10_000_000;

/** Whether a run measures everything at full size: only such a run replaces the document. */
export function isWhole({ rows, only }: Pick<Options, 'rows' | 'only'>): boolean {
  return rows === fullRows && sections.every((section) => only.includes(section));
}

/** Contenders that took turns: they can't be measured again one by one. */
const inTurns: readonly Section[] = ['pipe', 'script', 'restic', 'pgbackrest'];

/**
 * Reads `[--rows N] [--runs N] [--only pipe,script,…] [--again] [--out FILE]`.
 *
 * @throws HoldfastError `bad-usage`
 */
export function parseOptions(args: string[]): Options {
  const { rows, runs, only, out, again } = parse(args);
  const wanted = count('--rows', rows, 1000) ?? fullRows;
  const chosen = only === undefined ? sections : only.split(',').map(sectionOf);
  if (again === true) checkAgain(wanted, chosen);
  return {
    rows: wanted,
    runs: count('--runs', runs, 1) ?? (wanted < fullRows ? 1 : 3),
    only: chosen,
    out,
    again: again === true,
  };
}

function parse(args: string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args,
      options: { rows: text, runs: text, only: text, out: text, again: { type: 'boolean' } },
    }).values;
  } catch (error) {
    throw new HoldfastError('bad-usage', error instanceof Error ? error.message : String(error), { hint });
  }
}

const hint = `Use --rows N, --runs N, --only with some of ${sections.join(',')}, --again, and --out FILE.`;

function count(name: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new HoldfastError('bad-usage', `${name} must be a whole number from ${least} on, and is ${text}.`, {
    hint,
  });
}

function checkAgain(rows: number, chosen: readonly Section[]): void {
  const turns = chosen.filter((section) => inTurns.includes(section));
  if (rows === fullRows && turns.length === 0) return;
  throw new HoldfastError(
    'bad-usage',
    rows === fullRows
      ? `--again can not measure ${turns.join(', ')} alone: contenders take turns in one run.`
      : '--again takes no --rows: what it adds to was measured at full size.',
    { hint },
  );
}

function sectionOf(text: string): Section {
  const section = sections.find((name) => name === text);
  if (section !== undefined) return section;
  throw new HoldfastError('bad-usage', `There is no section ${text}.`, { hint });
}
