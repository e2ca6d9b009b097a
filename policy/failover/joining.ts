import type { DataPath } from '../problem.ts';

export type Mapping = Record<string, unknown>;

/** A step as written, with values in place of parameters, and where it stands. */
export type Written = { step: unknown; from: DataPath; needsFrom: DataPath[] };

/** A step of an included runbook, named behind the step that includes it. */
export function behind(
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
export function withNeeds(one: Written, included: Map<string, { needs: string[]; ends: string[] }>): Written {
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
export function endsOf(steps: Written[]): string[] {
  const needed = new Set(steps.flatMap(({ step }) => needsOf(step)));
  return steps.flatMap(({ step }) =>
    isMapping(step) && typeof step.id === 'string' && !needed.has(step.id) ? [step.id] : [],
  );
}

export function needsOf(step: unknown): string[] {
  const needs = isMapping(step) ? step.needs : undefined;
  if (!Array.isArray(needs)) return [];
  const names = needs.filter((need) => typeof need === 'string');
  return names.length === needs.length ? names : [];
}

export function placesOf(from: DataPath, needs: string[]): DataPath[] {
  return needs.map((_need, index) => [...from, 'needs', index]);
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
