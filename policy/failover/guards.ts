import { type Fault, faultAt } from '../problem.ts';
import { allNeedsOf } from './order.ts';
import {
  isApproved,
  type PlacedStep,
  placedSteps,
  type WrittenRunbook,
  type WrittenStep,
} from './written.ts';

/** What can't simply be taken back. `postgres.recover` is a choice that somebody makes. */
const pointsOfNoReturn: ReadonlySet<WrittenStep['do']> = new Set([
  'postgres.fence',
  'postgres.promote',
  'postgres.standby',
  'dns.update',
]);

/**
 * Promotions before which nothing fences the old primary, and points of no return that nobody approves. Pure; takes a
 * runbook whose order is right.
 */
export function unguardedSteps(name: string, runbook: WrittenRunbook): Fault[] {
  const steps = placedSteps(name, runbook);
  const byId = new Map(steps.map(({ step }) => [step.id, step]));
  return steps.flatMap((placed) => {
    const before = [...allNeedsOf(placed.step, byId)].flatMap((id) => byId.get(id) ?? []);
    return [...unfenced(placed, before), ...unapproved(placed, before)];
  });
}

function unfenced({ step, at }: PlacedStep, before: WrittenStep[]): Fault[] {
  if (step.do !== 'postgres.promote' && step.do !== 'postgres.recover') return [];
  const standby = step.do === 'postgres.promote' ? step.target : step.standby;
  const primary = step.do === 'postgres.promote' ? step.primary : undefined;
  if (primary === standby)
    return [faultAt([...at, 'primary'], 'this is the server that is promoted', 'name the primary')];
  const fenced = new Set(
    before.flatMap((each) => (each.do === 'postgres.fence' && each.target !== standby ? [each.target] : [])),
  );
  if (primary === undefined ? fenced.size === 1 : fenced.has(primary)) return [];
  if (fenced.size > 1)
    return step.do === 'postgres.recover'
      ? []
      : [
          faultAt(
            at,
            'several servers are fenced before this promotion, and it does not say which one it stands by for',
            'name it as `primary`',
          ),
        ];
  return [
    faultAt(
      [...at, 'needs'],
      'nothing fences the old primary before this promotion, so two servers could take writes and data would be lost',
      'add a step with do: postgres.fence and the old primary as its target, and name it in `needs`',
    ),
  ];
}

function unapproved({ step, at }: PlacedStep, before: WrittenStep[]): Fault[] {
  if (!pointsOfNoReturn.has(step.do) || isDecided(step) || before.some(isDecided)) return [];
  // Told of the first one alone: an approval there is one before all that follow.
  if (before.some((each) => pointsOfNoReturn.has(each.do))) return [];
  return [
    faultAt(
      at,
      "nobody approves anything before this step, and it can't simply be taken back",
      'write `approve: true` here, or have it need a step with do: approve',
    ),
  ];
}

/** Whether somebody decides at a step. */
function isDecided(step: WrittenStep): boolean {
  return step.do === 'postgres.recover' || isApproved(step);
}
