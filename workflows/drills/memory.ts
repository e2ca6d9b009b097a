/** What is known of drills from one look to the next. Pure. */
import { type DrillMemory, type DrillStanding, drillIdOf, type WatchedDrill } from '../contract-drills.ts';

export type Known = DrillMemory[string];

const nothing: Known = { upcoming: [], due: null, held: null, told: [], roles: [] };

export const knownOf = (
  memory: DrillMemory,
  { runbook, drill }: Pick<WatchedDrill, 'runbook' | 'drill'>,
): Known => memory[drillIdOf(runbook, drill)] ?? nothing;

/** What a former look left; a hand may have made anything of what Temporal gives as the last result. */
export function memoryIn(lastResult: unknown): DrillMemory {
  return typeof lastResult === 'object' && lastResult !== null && 'memory' in lastResult
    ? isMemory(lastResult.memory)
      ? lastResult.memory
      : {}
    : {};
}

function isMemory(value: unknown): value is DrillMemory {
  return isRecord(value) && Object.values(value).every(isKnown);
}

function isKnown(value: unknown): value is Known {
  if (!isRecord(value)) return false;
  const { upcoming, due, held, told, roles } = value;
  return (
    isTexts(upcoming) &&
    isTexts(roles) &&
    [due, held].every((at) => at === null || typeof at === 'string') &&
    Array.isArray(told) &&
    told.every((each) => isRecord(each) && typeof each.at === 'string' && typeof each.reminded === 'boolean')
  );
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * What is known of a drill once its Schedule was asked: times that it had said before and that are over were due, and so
 * was what it started.
 */
export function seen(known: Known, { next, fired }: DrillStanding, drill: WatchedDrill, now: number): Known {
  const over = [...known.upcoming, ...fired].filter((at) => Date.parse(at) <= now);
  return {
    ...known,
    upcoming: next.filter((at) => Date.parse(at) > now),
    due: latest([known.due, ...over]),
    roles: drill.told,
  };
}

/** Instants, as ISO 8601 in UTC, sort as text. */
export function latest(times: readonly (string | null)[]): string | null {
  return times.reduce<string | null>(
    (found, at) => (at !== null && (found === null || at > found) ? at : found),
    null,
  );
}
