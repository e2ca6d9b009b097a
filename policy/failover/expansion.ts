import { lookUp } from '../lookup.ts';
import { suggest } from '../nearest.ts';
import { type DataPath, type Fault, faultAt } from '../problem.ts';
import { namePattern } from '../schema/common.ts';
import { inclusion } from '../schema/steps.ts';
import {
  behind,
  endsOf,
  isMapping,
  type Mapping,
  needsOf,
  placesOf,
  type Written,
  withNeeds,
} from './joining.ts';
import { fillIn, type Values, valuesFor } from './parameters.ts';

/** The steps of a runbook with those of all that it includes, and the names of those runbooks. */
export type Expanded = { steps: Written[]; included: Set<string> };

/** What is met on the way through a runbook and all that it includes. */
type Way = {
  runbooks: Mapping;
  faults: Fault[];
  /** Where each runbook was first included, and with which values. */
  given: Map<string, { values: Values; by: string }>;
  included: Set<string>;
  /** Steps and inclusions that may still come. */
  left: number;
};

/** More than any runbook has, and few enough to stop one that includes itself many times over. */
const mostSteps = 500;

export type Expander = {
  expand(name: string, values: Values): Expanded;
  given: ReadonlyMap<string, { values: Values; by: string }>;
};

/** Makes what expands runbooks; faults of inclusions go to `faults`, at their places in the file. */
export function expander(runbooks: Mapping, faults: Fault[]): Expander {
  const given: Way['given'] = new Map();
  return {
    given,
    expand(name, values) {
      const way: Way = { runbooks, faults, given, included: new Set(), left: mostSteps };
      return { steps: stepsOf(name, values, [name], way), included: way.included };
    },
  };
}

function stepsOf(name: string, values: Values, trail: string[], way: Way): Written[] {
  const runbook = lookUp(way.runbooks, name);
  const written: unknown[] = isMapping(runbook) && Array.isArray(runbook.steps) ? runbook.steps : [];
  const inclusions = new Map<string, { needs: string[]; ends: string[] }>();
  const steps = written.flatMap((each, index): Written[] => {
    const from = ['runbooks', name, 'steps', index];
    const filled = fillIn(each, values, from);
    way.faults.push(...filled.faults);
    way.left -= 1;
    const parsed = inclusion.safeParse(filled.value);
    if (!parsed.success)
      return [{ step: filled.value, from, needsFrom: placesOf(from, needsOf(filled.value)) }];
    const { id, needs } = parsed.data;
    const inner = includedBy(parsed.data, from, trail, way);
    inclusions.set(id, { needs, ends: endsOf(inner).map((end) => `${id}/${end}`) });
    return inner.map((one) => behind(one, { id, needs, from }));
  });
  return steps.map((one) => withNeeds(one, inclusions));
}

function includedBy(
  { runbook, with: given }: { runbook: string; with: Values },
  from: DataPath,
  trail: string[],
  way: Way,
): Written[] {
  const refuse = (path: DataPath, message: string, hint: string): Written[] => {
    way.faults.push(faultAt(path, message, hint));
    return [];
  };
  const found = lookUp(way.runbooks, runbook);
  if (found === undefined) {
    const known = Object.keys(way.runbooks).filter((name) => namePattern.test(name));
    const hint = suggest(runbook, known) ?? 'define it under `runbooks`';
    return refuse([...from, 'runbook'], 'no such runbook', hint);
  }
  const ring = trail.includes(runbook) ? trail.slice(trail.indexOf(runbook)) : [];
  // Told once, from the first of its runbooks by name: each of them meets it.
  if (ring.some((name) => name < runbook)) return [];
  if (ring.length > 0) {
    const said = [...ring, runbook].join(' → ');
    return refuse([...from, 'runbook'], `runbooks include each other: ${said}`, 'take one inclusion out');
  }
  if (way.left < 0) {
    const message = 'with all that it includes, this runbook has too many steps';
    return refuse(['runbooks', trail[0] ?? ''], message, `at most ${mostSteps}`);
  }
  const { values, missing, unknown } = valuesFor(isMapping(found) ? found.parameters : undefined, given);
  for (const { name, hint } of unknown)
    refuse([...from, 'with', name], `runbook ${runbook} has no such parameter`, hint);
  if (missing.length > 0) {
    const hint = `write with: { ${missing.map((name) => `${name}: …`).join(', ')} }`;
    return refuse([...from, 'with'], `runbook ${runbook} needs a value for ${missing.join(', ')}`, hint);
  }
  way.included.add(runbook);
  if (!way.given.has(runbook)) way.given.set(runbook, { values, by: trail[0] ?? '' });
  return stepsOf(runbook, values, [...trail, runbook], way);
}
