import type { PostgresTarget, StepOf } from '../../policy/resolved-failover.ts';
import { examineDirectory, type Probe, probe } from '../../sources/postgres/failover/index.ts';
import type { PreflightFinding, StepRun } from '../../workflows/contract-failover-steps.ts';
import { reasonOf } from '../reason.ts';
import type { Work } from '../work.ts';
import { checkFollows, directoryOf, makeFollow, missingOf, type Order } from './following.ts';
import { looked, nothingToUndo, notUndoable } from './said.ts';
import { findingOf, simulated } from './sayings.ts';
import type { StepWork } from './step-work.ts';
import { standbyServer } from './things.ts';

type Step = StepOf<'postgres.standby'>;

/** Makes a server a standby of another: rewound where it can be, else copied anew. */
export const postgresStandby: StepWork<'postgres.standby'> = {
  look: (step, run, work) =>
    looked(step, work, async () => {
      const { target, primary } = orderOf(step, run) ?? step;
      const [seen, leads] = await Promise.all([probe(target, work), probe(primary, work)]);
      const missing = missingOf(target);
      const findings: PreflightFinding[] = [
        ...missing.map((sentence) => findingOf(step, 'fault', sentence)),
        findingOf(step, leads.kind === 'writable' ? 'ok' : 'warning', leads.sentence),
        ...(missing.length > 0 ? [] : [await lookAtDirectory(step, target, seen, work)]),
      ];
      const order = orderOf(step, run);
      return {
        findings,
        facts: [{ name: `state of ${target.name}`, value: seen.sentence }],
        makes: order === null ? [] : [standbyServer(order.target).key],
      };
    }),

  async carryOut(step, run, work) {
    const order = orderOf(step, run);
    if (order === null) return simulated(`${step.target.name} is left as it is: ${noTarget}`);
    return makeFollow(step, order, run, work);
  },

  async check(step, run, work) {
    const order = orderOf(step, run);
    if (order === null) return simulated(`${step.target.name} is left as it is: ${noTarget}`);
    return checkFollows(order, work);
  },

  async undo(step, run) {
    const order = orderOf(step, run);
    if (order === null) return nothingToUndo('A drill without targets of its own makes none.');
    return notUndoable(`${order.target.name} stays a standby: what it was before is gone, or lies aside.`);
  },
};

const noTarget = 'the step names no targets for drills.';

function orderOf(step: Step, { mode }: Pick<StepRun, 'mode'>): Order | null {
  return mode === 'real' ? { target: step.target, primary: step.primary } : (step.drill ?? null);
}

async function lookAtDirectory(
  step: Step,
  target: PostgresTarget,
  seen: Probe,
  work: Work,
): Promise<PreflightFinding> {
  if (seen.kind === 'writable' || seen.kind === 'read-only') return findingOf(step, 'ok', seen.sentence);
  try {
    const found = await examineDirectory(directoryOf(target), work);
    const how =
      found.kind === 'cluster' && found.rewindable
        ? 'it can be rewound'
        : 'it will be copied anew, and what is there is kept aside';
    return findingOf(step, 'ok', `${target.directory} of ${target.name} was looked at: ${how}.`);
  } catch (error) {
    if (work.signal.aborted) throw error;
    return findingOf(step, 'fault', reasonOf(error).sentence);
  }
}
