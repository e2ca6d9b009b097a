/** A runbook as a graph: what comes after what, and how long it takes. Pure. */
import type { ActionName, ResolvedRunbook } from '../../policy/resolved-failover.ts';
import type { StepState } from '../contract-failover.ts';
import { countsForRto } from './facts.ts';

/** What ordering needs to know of a step. */
export type Node = { id: string; needs: readonly string[] };

const ofTheRun: ReadonlySet<ActionName> = new Set(['approve', 'manual', 'wait', 'notify']);

/** Whether a worker does a step; the others are done by people and by the run itself. */
export const isOfWorkers = (step: { do: ActionName }): boolean => !ofTheRun.has(step.do);

/** States in which those that need a step may begin. */
const met: ReadonlySet<StepState> = new Set(['passed', 'passed-with-exceptions', 'skipped']);

/** Whether a step is over in a way that lets those that need it begin. */
export const isMet = (state: StepState): boolean => met.has(state);

/** Whether everything that a step needs is over. What it needs and what is not there is never over. */
export function areNeedsMet(step: Node, steps: readonly { id: string; state: StepState }[]): boolean {
  return step.needs.every((need) => steps.some(({ id, state }) => id === need && isMet(state)));
}

/**
 * Steps in waves: each comes after everything that it needs, and those of one wave can be done side by side.
 *
 * @throws RangeError when a need is missing or needs go in a circle: `validate` refuses both
 */
export function wavesOf<Step extends Node>(steps: readonly Step[]): Step[][] {
  const done = new Set<string>();
  const waves: Step[][] = [];
  let rest = [...steps];
  while (rest.length > 0) {
    const wave = rest.filter(({ needs }) => needs.every((need) => done.has(need)));
    if (wave.length === 0)
      throw new RangeError(`these steps wait for each other: ${rest.map(({ id }) => id).join(', ')}`);
    for (const { id } of wave) done.add(id);
    rest = rest.filter(({ id }) => !done.has(id));
    waves.push(wave);
  }
  return waves;
}

/** Steps in an order in which each can be undone: none before one that needed it. */
export function undoOrder<Step extends { id: string; startedAt: string | null }>(
  steps: readonly Step[],
): Step[] {
  const place = new Map(steps.map(({ id }, index) => [id, index]));
  const at = ({ id, startedAt }: Step) => [startedAt ?? '', place.get(id) ?? 0] as const;
  return [...steps].sort((one, other) => {
    const [started, index] = at(one);
    const [otherStarted, otherIndex] = at(other);
    if (started === otherStarted) return otherIndex - index;
    return started < otherStarted ? 1 : -1;
  });
}

const promotions: ReadonlySet<ActionName> = new Set(['postgres.promote', 'postgres.recover']);

/**
 * The promotion that a name leads to: a step that was done and that the name's step comes after. It can't be taken back,
 * and so the name must not lead back to what was fenced for it. Null for every other step.
 */
export function promotionBehind(
  step: Node & { do: ActionName },
  steps: readonly (Node & { do: ActionName })[],
  isDone: (id: string) => boolean,
): string | null {
  if (step.do !== 'dns.update') return null;
  const before = ancestorsOf(step.id, steps);
  return (
    steps.find(({ id, do: action }) => before.has(id) && promotions.has(action) && isDone(id))?.id ?? null
  );
}

/** A step and all that it comes after. */
export function ancestorsOf(id: string, steps: readonly Node[]): Set<string> {
  const found = new Set<string>();
  const rest = [id];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    rest.push(...(steps.find((step) => step.id === next)?.needs ?? []));
  }
  return found;
}

export type Prediction = {
  /** Seconds from the declaration to the end of each step; null where a step on the way was never measured. */
  ends: Record<string, number | null>;
  /** Seconds to the end of the last step before the return to normal; null where that can't be said. */
  rto: number | null;
};

/** How long a run would take if each step took as long as it did before; waits for people are in those times. */
export function predict(
  { steps }: Pick<ResolvedRunbook, 'steps'>,
  seconds: Readonly<Record<string, number>>,
): Prediction {
  const ends: Record<string, number | null> = {};
  for (const step of wavesOf(steps).flat()) {
    const before = step.needs.map((need) => ends[need] ?? null);
    const own = step.do === 'wait' ? step.seconds : (seconds[step.id] ?? null);
    const start = before.reduce<number | null>(
      (latest, end) => (latest === null || end === null ? null : Math.max(latest, end)),
      0,
    );
    ends[step.id] = start === null || own === null ? null : start + own;
  }
  const counted = steps.filter(countsForRto).map(({ id }) => ends[id] ?? null);
  const rto = counted.reduce<number | null>(
    (latest, end) => (latest === null || end === null ? null : Math.max(latest, end)),
    0,
  );
  return { ends, rto: counted.length === 0 ? null : rto };
}
