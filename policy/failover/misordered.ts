import { nearest } from '../nearest.ts';
import { type Fault, faultAt } from '../problem.ts';
import { orderSteps } from './order.ts';
import { type PlacedStep, placedSteps, type WrittenRunbook } from './written.ts';

/** Steps that can't be told apart, that need what is not there, or that wait for each other. Pure. */
export function misorderedSteps(name: string, runbook: WrittenRunbook): Fault[] {
  const steps = placedSteps(name, runbook);
  const faults = [...sameNames(steps), ...missingNeeds(steps)];
  return faults.length > 0 ? faults : cycles(steps);
}

function sameNames(steps: PlacedStep[]): Fault[] {
  const seen = new Set<string>();
  return steps.flatMap(({ step, at }) => {
    if (!seen.has(step.id)) {
      seen.add(step.id);
      return [];
    }
    return [
      faultAt(
        [...at, 'id'],
        'another step of this runbook has this name',
        'give each step a name of its own: approvals and needs say it',
      ),
    ];
  });
}

function missingNeeds(steps: PlacedStep[]): Fault[] {
  const ids = steps.map(({ step }) => step.id);
  return steps.flatMap(({ step, at }) =>
    step.needs.flatMap((need, index) =>
      ids.includes(need)
        ? []
        : [
            faultAt(
              [...at, 'needs', index],
              'no such step in this runbook',
              hintFor(
                need,
                ids.filter((id) => id !== step.id),
              ),
            ),
          ],
    ),
  );
}

/** Names of steps are values: without a near one none is repeated, since any may be a secret (law 7). */
function hintFor(need: string, others: string[]): string {
  const meant = nearest(need, others);
  return meant === null ? 'add it, or take this need out' : `did you mean "${meant}"?`;
}

function cycles(steps: PlacedStep[]): Fault[] {
  const sorted = orderSteps(steps.map(({ step }) => step));
  if (!('cycle' in sorted)) return [];
  const { cycle } = sorted;
  const [first] = cycle;
  const at = steps.find(({ step }) => step.id === first)?.at ?? [];
  return [
    faultAt(
      [...at, 'needs'],
      cycle.length === 1
        ? `step ${first} needs itself, so it could never begin`
        : `these steps wait for each other, so none could ever begin: ${[...cycle, first].join(' → ')}`,
      cycle.length === 1 ? 'take this need out' : 'take one of these needs out',
    ),
  ];
}
