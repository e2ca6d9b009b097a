import { lookUp } from '../lookup.ts';
import { type DataPath, type Fault, faultAt } from '../problem.ts';
import { type Expanded, expander } from './expansion.ts';
import { isMapping, type Mapping } from './joining.ts';
import { valuesFor } from './parameters.ts';

/** Where something stands in the file, and the runbook that includes it from another. */
type Origin = { path: DataPath; includedBy: string | null };

/** A policy as written, with the steps of included runbooks in place of the steps that include them. */
export type Flattened = {
  value: unknown;
  origin(path: DataPath): Origin;
  /** At their places in the file. */
  faults: Fault[];
};

/**
 * Puts the steps of included runbooks in place, so that all that reads a runbook knows no inclusion: `promote` of the
 * runbook that step `shop` includes becomes `shop/promote`. Its first steps need what `shop` needs, and what needs `shop`
 * needs its last ones. What is wrong in form is left for the schema. Pure.
 */
export function flattenRunbooks(raw: unknown): Flattened {
  const runbooks = isMapping(raw) ? raw.runbooks : undefined;
  if (!isMapping(raw) || !isMapping(runbooks))
    return { value: raw, origin: (path) => ({ path, includedBy: null }), faults: [] };

  const faults: Fault[] = [];
  const origins: Origins = new Map();
  const { expand, given } = expander(runbooks, faults);
  const flat: Mapping = {};
  const parts: [name: string, part: Mapping][] = [];
  for (const [name, runbook] of Object.entries(runbooks)) {
    const own = isMapping(runbook) ? valuesFor(runbook.parameters, {}) : null;
    if (!isMapping(runbook) || !Array.isArray(runbook.steps) || own === null) flat[name] = runbook;
    else if (own.missing.length > 0) parts.push([name, runbook]);
    else flat[name] = withSteps({ name, runbook, by: null }, expand(name, own.values), runbooks, origins);
  }
  // A part is looked at with the values that it is first given: what else it says is checked with them.
  for (const [name, runbook] of parts) {
    const first = given.get(name);
    if (first === undefined) faults.push(neverIncluded(name));
    else
      flat[name] = withSteps({ name, runbook, by: first.by }, expand(name, first.values), runbooks, origins);
  }
  return {
    value: { ...raw, runbooks: flat },
    origin: (path) => originOf(path, origins),
    faults: unrepeated(faults),
  };
}

type Origins = Map<string, Origin>;

/** What a runbook with these flat steps looks like; notes where each of them stands. */
function withSteps(
  { name, runbook, by }: { name: string; runbook: Mapping; by: string | null },
  { steps, included }: Expanded,
  runbooks: Mapping,
  origins: Origins,
): Mapping {
  const note = (at: DataPath, path: DataPath) =>
    origins.set(JSON.stringify(at), { path, includedBy: path[1] === name ? by : (by ?? name) });
  for (const [index, { from, needsFrom }] of steps.entries()) {
    const at: DataPath = ['runbooks', name, 'steps', index];
    note(at, from);
    for (const [need, place] of needsFrom.entries()) note([...at, 'needs', need], place);
  }
  const flat = { ...runbook, steps: steps.map(({ step }) => step) };
  const { protects = [] } = runbook;
  if (!Array.isArray(protects)) return flat;
  const others = [...included].flatMap((other): { source: unknown; from: DataPath }[] => {
    const found = lookUp(runbooks, other);
    const theirs = isMapping(found) && Array.isArray(found.protects) ? found.protects : [];
    return theirs.map((source, index) => ({ source, from: ['runbooks', other, 'protects', index] }));
  });
  const added = others.filter(
    ({ source }, index) =>
      !protects.includes(source) && others.findIndex((each) => each.source === source) === index,
  );
  for (const [index, { from }] of added.entries())
    note(['runbooks', name, 'protects', protects.length + index], from);
  return added.length === 0
    ? flat
    : { ...flat, protects: [...protects, ...added.map(({ source }) => source)] };
}

/** The longest known way that a path begins with: a need, else a step or a source. */
function originOf(path: DataPath, origins: Origins): Origin {
  for (const length of [6, 4]) {
    const found = path.length < length ? undefined : origins.get(JSON.stringify(path.slice(0, length)));
    if (found !== undefined) return { ...found, path: [...found.path, ...path.slice(length)] };
  }
  return { path, includedBy: null };
}

function neverIncluded(name: string): Fault {
  return faultAt(
    ['runbooks', name],
    'this runbook has parameters without a value, and no runbook that can be run includes it',
    'give each of its `parameters` a default, or include it with values',
  );
}

function unrepeated(faults: Fault[]): Fault[] {
  const seen = new Set<string>();
  return faults.filter((fault) => {
    const key = JSON.stringify(fault);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
