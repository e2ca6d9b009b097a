import type { StepOf } from '../../policy/resolved-failover.ts';
import type { StepRun } from '../../workflows/contract-failover-steps.ts';
import {
  checkPair,
  lookAtPair,
  lookAtScratch,
  type Pair,
  promotePair,
  promoteScratchCopy,
  undoPromotion,
} from './promotion.ts';
import { lookAtRehearsed, rehearsedPair, undoRehearsed } from './rehearsed-promotion.ts';
import { looked, nothingToUndo, reported } from './said.ts';
import type { StepWork } from './step-work.ts';
import { standbyServer, writableServer } from './things.ts';

type Step = StepOf<'postgres.promote'>;

export const postgresPromote: StepWork<'postgres.promote'> = {
  look: (step, run, work) => {
    const own = pairOf(step, run);
    const pair = own ?? { standby: step.target, primary: step.primary };
    const look = async () => {
      const { findings, facts, state } = await lookAtPair(step, pair, run, work);
      if (own === null) findings.push(await lookAtScratch(step, step.target, work));
      else if (run.mode !== 'real') findings.push(...lookAtRehearsed(step, pair.standby, state, run, work));
      return { findings, facts, makes: own === null ? [] : [writableServer(own.standby).key] };
    };
    return looked(step, work, look, standbyServer(pair.standby));
  },

  carryOut: async (step, run, work) => {
    const pair = pairOf(step, run);
    return pair === null
      ? promoteScratchCopy(step, { standby: step.target, primary: step.primary }, run, work)
      : promotePair(pair, run, work);
  },

  async check(step, run, work) {
    const pair = pairOf(step, run);
    if (pair === null) return reported('The scratch copy was checked, and is gone.');
    return checkPair(pair, run, work);
  },

  async undo(step, run, work) {
    const pair = pairOf(step, run);
    if (pair === null) return nothingToUndo('The scratch copy is gone.');
    return run.mode === 'real' ? undoPromotion(pair, work) : undoRehearsed(step, pair.standby, run, work);
  },
};

/** In a drill its own target; null: a scratch copy. */
function pairOf(step: Step, run: StepRun): Pair | null {
  return run.mode === 'real' ? { standby: step.target, primary: step.primary } : rehearsedPair(step, run);
}
