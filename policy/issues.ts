import type { z } from 'zod';
import { nearest } from './nearest.ts';
import type { DataPath, Fault } from './problem.ts';
import { unknownKey } from './schema/common.ts';

/** Says what is wrong where the schema has no sentence of its own. Never repeats the value (law 7). */
export const defaultSentence: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'this is missing';
      return `expected ${articleFor(issue.expected)}, not ${nameOf(issue.input)}`;
    case 'invalid_value': {
      const known = issue.values.map(String);
      const close = typeof issue.input === 'string' && known.length > 1 ? nearest(issue.input, known) : null;
      if (issue.input === undefined) return `this is missing; write ${listed(known)}`;
      return `expected ${listed(known)}${close === null ? '' : `; did you mean "${close}"?`}`;
    }
    case 'too_small':
      return `this is too small; at least ${issue.minimum}`;
    case 'too_big':
      return `this is too large; at most ${issue.maximum}`;
    default:
      if (issue.input === undefined) return 'this is missing';
      return 'this is not as expected; see docs or the JSON schema (`holdfast schema`)';
  }
};

function listed(words: string[]): string {
  return words.length === 1 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

function articleFor(expected: string): string {
  switch (expected) {
    case 'object':
    case 'record':
      return 'a mapping';
    case 'array':
      return 'a list';
    case 'string':
      return 'text';
    case 'int':
      return 'a whole number';
    case 'number':
      return 'a number';
    case 'boolean':
      return 'true or false';
    default:
      return expected;
  }
}

function nameOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'string') return 'text';
  return typeof value === 'boolean' ? 'true or false' : 'a number';
}

/** Every fault that an issue of the schema tells. Of a union, the faults of the one form that was meant. */
export function faultsOf(issue: z.core.$ZodIssue, base: DataPath = []): Fault[] {
  const path = [...base, ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))];
  if (issue.code === 'unrecognized_keys') {
    // Only `strict` names the keys; another sentence is about the mapping as a whole.
    if (!issue.message.startsWith(unknownKey)) return [said(path, 'value', issue.message)];
    const sentences = issue.message.split('\n');
    return issue.keys.map((key, index) => said([...path, key], 'key', sentences[index] ?? unknownKey));
  }
  if (issue.code === 'invalid_key') return [said(path, 'key', issue.issues[0]?.message ?? issue.message)];
  if (issue.code === 'invalid_union') {
    const meant = meantBranch(issue.errors);
    if (meant !== null) return meant.flatMap((inner) => faultsOf(inner, path));
  }
  return [said(path, 'value', issue.message)];
}

function said(path: DataPath, at: Fault['at'], sentence: string): Fault {
  const split = sentence.indexOf('; ');
  if (split < 0) return { path, at, message: sentence };
  return { path, at, message: sentence.slice(0, split), hint: sentence.slice(split + 2) };
}

/**
 * The one branch that the value was meant for: whose type it has, rather a mapping than a fixed word, that knows all of
 * its keys, and that is not again several of which none fits; null when that is none or several.
 */
function meantBranch(branches: z.core.$ZodIssue[][]): z.core.$ZodIssue[] | null {
  let left = branches;
  for (const code of ['invalid_type', 'invalid_value', 'unrecognized_keys', 'invalid_union']) {
    left = left.filter((issues) => !issues.some((issue) => issue.path.length === 0 && issue.code === code));
    if (left.length === 1) return left[0] ?? null;
  }
  return null;
}
