import { lookUp } from '../lookup.ts';
import { suggest } from '../nearest.ts';
import { type DataPath, type Fault, faultAt } from '../problem.ts';
import { namePattern } from '../schema/common.ts';
import { inclusion } from '../schema/steps.ts';
import { fillIn, type Values, valuesFor } from './parameters.ts';

/** A policy as written, with the steps of included runbooks in place of the steps that include them. */
export type Flattened = {
  value: unknown;
  /** Where something of `value` stands in the file, and the runbook that includes it from another. */
  origin(path: DataPath): { path: DataPath; includedBy: string | null };
  faults: Fault[];
};

type Mapping = Record<string, unknown>;

/** A step as written, with values in place of parameters, and where it stands. */
type Written = { step: unknown; from: DataPath; needsFrom: DataPath[] };

/** More than any runbook has, and few enough to stop one that includes itself many times over. */
const mostSteps = 500;

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
  const origins = new Map<string, DataPath>();
  const expander = new Expander(runbooks, faults);
  const flat: Mapping = {};
  const parts: string[] = [];
  for (const [name, runbook] of Object.entries(runbooks)) {
    const values = isMapping(runbook) ? valuesFor(runbook.parameters, {}) : null;
    if (!isMapping(runbook) || !Array.isArray(runbook.steps)) flat[name] = runbook;
    else if (values !== null && values.missing.length > 0) parts.push(name);
    else flat[name] = withSteps(runbook, expander.expand(name, values?.values ?? {}), name, origins);
  }
  for (const name of parts) {
    const runbook = runbooks[name];
    const values = expander.given.get(name);
    if (values === undefined) faults.push(neverIncluded(name));
    else if (isMapping(runbook))
      flat[name] = withSteps(runbook, expander.expand(name, values), name, origins);
  }
  return {
    value: { ...raw, runbooks: flat },
    origin: (path) => originOf(path, origins),
    faults: unrepeated(faults),
  };
}

/** What a runbook with these flat steps looks like; notes where each of them stands. */
function withSteps(
  runbook: Mapping,
  steps: Written[],
  name: string,
  origins: Map<string, DataPath>,
): Mapping {
  for (const [index, { from, needsFrom }] of steps.entries()) {
    const at: DataPath = ['runbooks', name, 'steps', index];
    origins.set(JSON.stringify(at), from);
    for (const [need, place] of needsFrom.entries())
      origins.set(JSON.stringify([...at, 'needs', need]), place);
  }
  return { ...runbook, steps: steps.map(({ step }) => step) };
}

function originOf(
  path: DataPath,
  origins: Map<string, DataPath>,
): { path: DataPath; includedBy: string | null } {
  for (const length of [6, 4]) {
    const from = path.length < length ? undefined : origins.get(JSON.stringify(path.slice(0, length)));
    if (from === undefined) continue;
    const moved = from[1] !== path[1];
    return { path: [...from, ...path.slice(length)], includedBy: moved ? String(path[1]) : null };
  }
  return { path, includedBy: null };
}

class Expander {
  /** The values of each runbook's parameters where it was first included. */
  readonly given = new Map<string, Values>();
  private readonly runbooks: Mapping;
  private readonly faults: Fault[];
  private left = 0;

  constructor(runbooks: Mapping, faults: Fault[]) {
    this.runbooks = runbooks;
    this.faults = faults;
  }

  /** The steps of one runbook, with those of all that it includes. */
  expand(name: string, values: Values): Written[] {
    this.left = mostSteps;
    return this.stepsOf(name, values, [name]);
  }

  private stepsOf(name: string, values: Values, trail: string[]): Written[] {
    const runbook = lookUp(this.runbooks, name);
    const written: unknown[] = isMapping(runbook) && Array.isArray(runbook.steps) ? runbook.steps : [];
    const included = new Map<string, { needs: string[]; ends: string[] }>();
    const steps = written.flatMap((each, index): Written[] => {
      const from = ['runbooks', name, 'steps', index];
      const filled = fillIn(each, values, from);
      this.faults.push(...filled.faults);
      const parsed = inclusion.safeParse(filled.value);
      if (!parsed.success) {
        this.left -= 1;
        return [{ step: filled.value, from, needsFrom: placesOf(from, needsOf(filled.value)) }];
      }
      const inner = this.included(parsed.data, from, trail);
      const { id, needs } = parsed.data;
      included.set(id, { needs, ends: endsOf(inner).map((end) => `${id}/${end}`) });
      return inner.map((one) => behind(one, { id, needs, from }));
    });
    return steps.map((one) => withNeeds(one, included));
  }

  private included(
    { runbook, with: given }: { runbook: string; with: Values },
    from: DataPath,
    trail: string[],
  ): Written[] {
    const refuse = (path: DataPath, message: string, hint: string | null): Written[] => {
      this.faults.push(faultAt(path, message, hint ?? 'define it under `runbooks`'));
      return [];
    };
    const found = lookUp(this.runbooks, runbook);
    if (found === undefined) {
      const known = Object.keys(this.runbooks).filter((name) => namePattern.test(name));
      return refuse([...from, 'runbook'], 'no such runbook', suggest(runbook, known));
    }
    this.left -= 1;
    const repeated = trail.indexOf(runbook);
    if (repeated >= 0) {
      const ring = trail.slice(repeated);
      // Told once, from the first of its runbooks by name: each of them meets it.
      if (ring.some((name) => name < runbook)) return [];
      const said = [...ring, runbook].join(' → ');
      return refuse([...from, 'runbook'], `runbooks include each other: ${said}`, 'take one inclusion out');
    }
    if (this.left < 0)
      return refuse(
        ['runbooks', trail[0] ?? ''],
        'with all that it includes, this runbook has too many steps',
        `at most ${mostSteps}`,
      );
    const { values, missing, unknown } = valuesFor(isMapping(found) ? found.parameters : undefined, given);
    for (const { name, hint } of unknown)
      this.faults.push(faultAt([...from, 'with', name], `runbook ${runbook} has no such parameter`, hint));
    if (missing.length > 0)
      return refuse(
        [...from, 'with'],
        `runbook ${runbook} needs a value for ${missing.join(', ')}`,
        `write with: { ${missing.map((name) => `${name}: …`).join(', ')} }`,
      );
    if (!this.given.has(runbook)) this.given.set(runbook, values);
    return this.stepsOf(runbook, values, [...trail, runbook]);
  }
}

/** A step of an included runbook, named behind the step that includes it. */
function behind(
  { step, from, needsFrom }: Written,
  by: { id: string; needs: string[]; from: DataPath },
): Written {
  if (!isMapping(step)) return { step, from, needsFrom };
  const own = needsOf(step);
  const first = own.length === 0;
  return {
    step: {
      ...step,
      ...(typeof step.id === 'string' ? { id: `${by.id}/${step.id}` } : {}),
      // Needs of a wrong form are left as they are, for the schema to name.
      ...(first && step.needs !== undefined && !isEmptyList(step.needs)
        ? {}
        : { needs: first ? by.needs : own.map((need) => `${by.id}/${need}`) }),
    },
    from,
    needsFrom: first ? placesOf(by.from, by.needs) : needsFrom,
  };
}

/** Has a step need the last steps of an included runbook where it needs the step that includes it. */
function withNeeds(one: Written, included: Map<string, { needs: string[]; ends: string[] }>): Written {
  const { step, from, needsFrom } = one;
  const own = needsOf(step);
  if (!isMapping(step) || !own.some((need) => included.has(need))) return one;
  const leads = (need: string, seen: string[]): string[] => {
    const found = included.get(need);
    if (found === undefined) return [need];
    if (found.ends.length > 0) return found.ends;
    return seen.includes(need) ? [] : found.needs.flatMap((before) => leads(before, [...seen, need]));
  };
  const needs = own.map((need, index) => ({ names: leads(need, []), place: needsFrom[index] ?? from }));
  return {
    step: { ...step, needs: needs.flatMap(({ names }) => names) },
    from,
    needsFrom: needs.flatMap(({ names, place }) => names.map(() => place)),
  };
}

/** The steps that no other one needs. */
function endsOf(steps: Written[]): string[] {
  const needed = new Set(steps.flatMap(({ step }) => needsOf(step)));
  return steps.flatMap(({ step }) =>
    isMapping(step) && typeof step.id === 'string' && !needed.has(step.id) ? [step.id] : [],
  );
}

function needsOf(step: unknown): string[] {
  const needs = isMapping(step) ? step.needs : undefined;
  if (!Array.isArray(needs)) return [];
  const names = needs.filter((need) => typeof need === 'string');
  return names.length === needs.length ? names : [];
}

function placesOf(from: DataPath, needs: string[]): DataPath[] {
  return needs.map((_need, index) => [...from, 'needs', index]);
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

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
