import { HoldfastError } from './errors.ts';

/** One thing that is wrong with a policy file. Line and column count from 1. No value of the file is ever in it (law 7). */
export type Problem = {
  file: string;
  line: number;
  column: number;
  /** Where in the policy, for people: `plans.shop-daily.copies[1]`; empty for the file as a whole. */
  path: string;
  message: string;
  hint?: string;
};

/** A step into the policy's data: a key of a mapping or an index of a list. */
export type DataPath = readonly (string | number)[];

/** Something wrong at a place in the policy's data, before its line is known. */
export type Fault = {
  path: DataPath;
  /** Whether the key itself is wrong (an unknown one) rather than its value. */
  at: 'key' | 'value';
  message: string;
  hint?: string;
};

export function faultAt(path: DataPath, message: string, hint?: string): Fault {
  return { path, at: 'value', message, ...(hint === undefined ? {} : { hint }) };
}

/** Every problem of a policy file at once, in the order of its lines. */
export class PolicyError extends HoldfastError {
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    const sorted = [...problems].sort(byPlace);
    const [first] = sorted;
    const line = first?.line ?? 1;
    const count =
      sorted.length === 1
        ? `a problem on line ${line}`
        : `${sorted.length} problems, the first on line ${line}`;
    super('bad-policy', `${file} has ${count}.`, {
      hint: 'Correct the file; `holdfast validate` shows each line.',
    });
    this.name = 'PolicyError';
    this.problems = sorted;
  }
}

/** A problem in one line, as compilers print it. */
export function formatProblem(problem: Problem): string {
  const place = `${problem.file}:${problem.line}:${problem.column}`;
  const said = problem.hint === undefined ? problem.message : `${problem.message}; ${problem.hint}`;
  return [place, problem.path, said].filter((part) => part !== '').join('  ');
}

/** A data path for people. A key that is no plain word is not repeated: it may be a secret in the wrong place. */
export function pathText(path: DataPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += `${text === '' ? '' : '.'}${isPlainWord(step) ? step : '?'}`;
  }
  return text;
}

export function isPlainWord(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_-]{0,62}$|^[a-z0-9][a-z0-9-]{0,62}$/.test(text);
}

function byPlace(a: Problem, b: Problem): number {
  return a.line - b.line || a.column - b.column || a.path.localeCompare(b.path, 'en');
}
