import { lookUp } from '../lookup.ts';
import { suggest } from '../nearest.ts';
import { withValues } from '../placeholders.ts';
import { type DataPath, type Fault, faultAt, isPlainWord } from '../problem.ts';

/** Values of a runbook's parameters, by name. */
export type Values = Record<string, string | number | boolean>;

/** What a runbook's parameters are, by what is given and by their defaults; which have no value, and which are none. */
export function valuesFor(
  parameters: unknown,
  given: Values,
): { values: Values; missing: string[]; unknown: { name: string; hint: string }[] } {
  const declared = isMapping(parameters) ? Object.keys(parameters) : [];
  const values: Values = {};
  const missing: string[] = [];
  for (const name of declared) {
    const value = lookUp(given, name) ?? defaultOf(isMapping(parameters) ? parameters[name] : undefined);
    if (value === undefined) missing.push(name);
    else values[name] = value;
  }
  const unknown = Object.keys(given).filter((name) => !declared.includes(name));
  return {
    values,
    missing,
    unknown: unknown.map((name) => ({
      name,
      hint: (isPlainWord(name) ? suggest(name, declared) : null) ?? 'declare it under its `parameters`',
    })),
  };
}

function defaultOf(parameter: unknown): Values[string] | undefined {
  const value = isMapping(parameter) ? parameter.default : undefined;
  const known = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return known ? value : undefined;
}

/** What names steps, and so is what it is wherever the runbook is included. */
const fixed = ['id', 'do', 'needs'];

/**
 * A step as written with values in place of `${name}`; `$${name}` stands for the text itself. Where a parameter is all
 * of a text, its value keeps its type.
 */
export function fillIn(step: unknown, values: Values, path: DataPath): { value: unknown; faults: Fault[] } {
  const faults: Fault[] = [];
  const fill = (value: unknown, at: DataPath): unknown => {
    if (typeof value === 'string') return fillText(value, values, at, faults);
    if (Array.isArray(value)) return value.map((each, index) => fill(each, [...at, index]));
    if (!isMapping(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fill(each, [...at, key])]));
  };
  if (!isMapping(step)) return { value: step, faults };
  const filled = Object.entries(step).map(([key, value]) => [
    key,
    fixed.includes(key) ? value : fill(value, [...path, key]),
  ]);
  return { value: Object.fromEntries(filled), faults };
}

function fillText(text: string, values: Values, at: DataPath, faults: Fault[]): unknown {
  const [whole, only] = /^\$\{([^}]*)\}$/.exec(text) ?? [];
  const value = only === undefined ? undefined : lookUp(values, only);
  if (whole !== undefined && value !== undefined) return value;
  return withValues(text, (name) => {
    const known = lookUp(values, name);
    if (known === undefined) faults.push(noParameter(name, Object.keys(values), at));
    return known === undefined ? undefined : String(known);
  });
}

function noParameter(name: string, known: string[], at: DataPath): Fault {
  const meant = isPlainWord(name) ? suggest(name, known) : null;
  return faultAt(
    at,
    'this runbook has no parameter of the name in braces',
    meant ??
      'declare it under `parameters`, or write a second dollar sign before it for the text as it stands',
  );
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
