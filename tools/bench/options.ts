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
};

export const fullRows = 10_000_000;

/** Whether a run measures everything at full size: only such a run replaces the document. */
export function isWhole({ rows, only }: Pick<Options, 'rows' | 'only'>): boolean {
  return rows === fullRows && sections.every((section) => only.includes(section));
}

/**
 * Reads `[--rows N] [--runs N] [--only pipe,script,…] [--out FILE]`.
 *
 * @throws HoldfastError `bad-usage`
 */
export function parseOptions(args: string[]): Options {
  const { rows, runs, only, out } = parse(args);
  const wanted = count('--rows', rows, 1000) ?? fullRows;
  return {
    rows: wanted,
    runs: count('--runs', runs, 1) ?? (wanted < fullRows ? 1 : 3),
    only: only === undefined ? sections : only.split(',').map(sectionOf),
    out,
  };
}

function parse(args: string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({ args, options: { rows: text, runs: text, only: text, out: text } }).values;
  } catch (error) {
    throw new HoldfastError('bad-usage', error instanceof Error ? error.message : String(error), { hint });
  }
}

const hint = `Use --rows N, --runs N, --only with some of ${sections.join(',')}, and --out FILE.`;

function count(name: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new HoldfastError('bad-usage', `${name} must be a whole number from ${least} on, and is ${text}.`, {
    hint,
  });
}

function sectionOf(text: string): Section {
  const section = sections.find((name) => name === text);
  if (section !== undefined) return section;
  throw new HoldfastError('bad-usage', `There is no section ${text}.`, { hint });
}
