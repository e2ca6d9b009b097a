import { type DataPath, type Fault, pathText } from '../problem.ts';
import type { Flattened } from './includes.ts';

/**
 * Findings at the places in the file that they are about. What is found of an included step is told of its own runbook;
 * where it is only found in one that includes it, that one is named. Pure.
 *
 * @param told Faults that make others at the same places: those are left out.
 */
export function atOrigin<T extends { path: DataPath; message: string }>(
  findings: T[],
  origin: Flattened['origin'],
  told: Fault[] = [],
): T[] {
  const moved = findings.map((finding) => ({ finding, ...origin(finding.path) }));
  const keyOf = (path: DataPath, message: string) => JSON.stringify([path, message]);
  const own = new Set(
    moved.flatMap(({ finding, path, includedBy }) =>
      includedBy === null ? [keyOf(path, finding.message)] : [],
    ),
  );
  const before = new Set(told.map(({ path }) => pathText(path)));
  const seen = new Set<string>();
  return moved.flatMap(({ finding, path, includedBy }) => {
    const key = keyOf(path, finding.message);
    if (before.has(pathText(path)) || seen.has(key) || (includedBy !== null && own.has(key))) return [];
    seen.add(key);
    return [{ ...finding, path, message: including(finding.message, includedBy) }];
  });
}

/** Weaknesses are sentences with a full stop, faults have none. */
function including(message: string, runbook: string | null): string {
  if (runbook === null) return message;
  const end = message.endsWith('.') ? '.' : '';
  return `${message.slice(0, message.length - end.length)} (as runbook ${runbook} includes it)${end}`;
}
