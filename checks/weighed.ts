import type { AlertFinding } from '../workflows/contract-alerts.ts';
import type { Unchecked } from '../workflows/contract-checks.ts';

/** What one part of a check comes to. */
export type Weighed = {
  findings: AlertFinding[];
  /** What could not be looked at; `explained` where one of the findings says why. */
  unchecked: (Unchecked & { explained: boolean })[];
};

export const nothing: Weighed = { findings: [], unchecked: [] };

/** All parts in one, in an order of its own: who asked first changes nothing, and what is found twice is told once. */
export function together(parts: readonly Weighed[]): Weighed {
  return {
    findings: distinct(
      parts.flatMap(({ findings }) => findings),
      ({ kind, subject }) => `${kind} ${subject}`,
    ),
    unchecked: distinct(
      parts.flatMap(({ unchecked }) => unchecked),
      ({ subject, sentence }) => `${subject} ${sentence}`,
    ),
  };
}

function distinct<T extends { sentence: string }>(all: readonly T[], nameOf: (item: T) => string): T[] {
  const byName = new Map<string, T>();
  for (const item of all) {
    const before = byName.get(nameOf(item));
    if (before === undefined || item.sentence < before.sentence) byName.set(nameOf(item), item);
  }
  return [...byName].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, item]) => item);
}

/** Seconds from an instant to another. */
export function secondsBetween(from: string, to: Date): number {
  return (to.getTime() - Date.parse(from)) / 1000;
}
