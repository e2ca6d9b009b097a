import { type Fault, faultAt } from '../problem.ts';
import type { ResolvedRunbook } from '../resolved-failover.ts';

/** A run is started with all of its runbook, and Temporal takes no more than 2 MiB at once, other input included. */
const mostBytes = 1.5 * 2 ** 20;

/** Runbooks that are too large to be started: every step carries what it names, such as plans with their keys. Pure. */
export function oversizedRunbooks(runbooks: Record<string, ResolvedRunbook>): Fault[] {
  return Object.values(runbooks).flatMap((runbook) =>
    new TextEncoder().encode(JSON.stringify(runbook)).length <= mostBytes
      ? []
      : [
          faultAt(
            ['runbooks', runbook.name],
            'this runbook is too large to be started: each of its steps carries the plans and servers that it names',
            'make several runbooks of it, and name each plan in one step alone',
          ),
        ],
  );
}
