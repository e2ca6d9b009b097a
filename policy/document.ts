import { type Document, isMap, LineCounter, parseAllDocuments, visit } from 'yaml';
import { locator, placeAt } from './locate.ts';
import type { DataPath, Problem } from './problem.ts';
import { secondDocument, sentenceFor, unknownAlias } from './yaml-sentences.ts';

/** A YAML file as plain data, and the way back from a place in the data to its line. */
export type PolicyDocument = {
  value: unknown;
  problems: Problem[];
  /** Line and column (from 1) of a value, or of its key; of the nearest thing around it when there is none. */
  locate(path: DataPath, at: 'key' | 'value'): { line: number; column: number };
};

type Parsed = Document.Parsed;

const longestLine = 16_384;
const deepestNesting = 64;
/** Indentation, or the marks of lists in lists, further to the right than any policy goes. */
const deepIndent = /^[ ?-]{200}/;
const mostAliases = 10_000;

/**
 * Reads the text of a policy file. A syntax error, or a thing that a policy file never is, becomes a problem; the
 * value is then null. Only duplicate keys let the rest be checked too.
 */
export function readDocument(text: string, file: string): PolicyDocument {
  const source = text.replace(/^\uFEFF/, '');
  const lines = new LineCounter();
  const failed = (problems: Problem[]): PolicyDocument => ({
    value: null,
    problems,
    locate: () => ({ line: 1, column: 1 }),
  });
  const refused = refuseBeforeParsing(source, file);
  if (refused !== null) return failed([refused]);

  const documents = parseAllDocuments(source, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'silent',
    stringKeys: true,
  });
  const [document, second] = Array.isArray(documents) ? documents : [];
  if (document === undefined) return failed([problemAt(file, 1, 1, ...emptyFile)]);
  if (second !== undefined) {
    const place = placeAt(lines, second.range[0]);
    return failed([problemAt(file, place.line, place.column, ...secondDocument)]);
  }
  const { fatal, duplicates } = syntaxProblems(document, lines, file);
  if (fatal !== null) return failed([fatal, ...duplicates]);
  const value = plainData(document);
  if (value === tooManyAliases) return failed([problemAt(file, 1, 1, ...aliasBomb)]);
  if (value === null || value === undefined) return failed([problemAt(file, 1, 1, ...emptyFile)]);
  if (!isMap(document.contents)) return failed([problemAt(file, 1, 1, ...notMapping)]);
  return { value, problems: duplicates, locate: locator(document, lines) };
}

const emptyFile = ['the policy is empty', '`holdfast init` writes one to start from'] as const;
const aliasBomb = ['the aliases (*name) make too much of too little', 'write the values out'] as const;
const notMapping = [
  'a policy is a mapping of sections, and this is none',
  'start with `version: 1`; `holdfast init` writes a whole one',
] as const;

/** The parser would exhaust memory on nesting of thousands of levels, so that is refused before it starts. */
function refuseBeforeParsing(source: string, file: string): Problem | null {
  let depth = 0;
  for (const [index, line] of source.split('\n').entries()) {
    for (const letter of line) {
      if (letter === '[' || letter === '{') depth += 1;
      if (letter === ']' || letter === '}') depth = Math.max(0, depth - 1);
    }
    if (line.includes('\0')) return problemAt(file, index + 1, line.indexOf('\0') + 1, ...nulCharacter);
    if (line.length > longestLine) return problemAt(file, index + 1, 1, ...longLine);
    if (depth > deepestNesting || deepIndent.test(line)) return problemAt(file, index + 1, 1, ...tooDeep);
  }
  return null;
}

const longLine = ['this line is too long to be a policy', 'put a key or a list on lines of its own'] as const;
const tooDeep = ['the nesting is too deep here', 'a policy needs no more than a few levels'] as const;
const nulCharacter = ['a NUL character is here', 'save the file as UTF-8 text'] as const;

/** The first syntax error (what follows it is mostly its consequence), and every duplicate key. */
function syntaxProblems(document: Parsed, lines: LineCounter, file: string) {
  const duplicates: Problem[] = [];
  let fatal: Problem | null = null;
  for (const error of [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0])) {
    const { line, column } = placeAt(lines, error.pos[0]);
    const [message, hint] = sentenceFor(error);
    if (error.code === 'DUPLICATE_KEY') duplicates.push(problemAt(file, line, column, message, hint));
    else fatal ??= problemAt(file, line, column, message, hint);
  }
  visit(document, {
    Alias: (_key, alias) => {
      if (alias.resolve(document) !== undefined) return;
      const { line, column } = placeAt(lines, alias.range?.[0] ?? 0);
      fatal ??= problemAt(file, line, column, ...unknownAlias);
    },
  });
  return { fatal, duplicates };
}

const tooManyAliases = Symbol('too many aliases');

function plainData(document: Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: mostAliases });
  } catch (error) {
    if (error instanceof ReferenceError || error instanceof RangeError) return tooManyAliases;
    throw error;
  }
}

function problemAt(file: string, line: number, column: number, message: string, hint?: string): Problem {
  return { file, line, column, path: '', message, ...(hint === undefined ? {} : { hint }) };
}
