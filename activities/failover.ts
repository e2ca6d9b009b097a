import { ApplicationFailure } from '@temporalio/common';
import { HoldfastError } from '../policy/errors.ts';
import type { RunMode } from '../policy/resolved-failover.ts';
import type { StepInput, StepLook, StepReport, StepUndoing } from '../workflows/contract-failover-steps.ts';
import { workOf } from './steps/index.ts';
import type { Work } from './work.ts';

/** Looks at a step without effect, on the worker that would do it; faults that are found are findings. */
export async function lookAtStep(work: Work, { step, run }: StepInput): Promise<StepLook> {
  return workOf(step).look(run, work);
}

/**
 * Does a step, in the way of the run's mode.
 *
 * @throws HoldfastError why it could not be done
 */
export async function doStep(work: Work, { step, run }: StepInput): Promise<StepReport> {
  return walkedThrough(run.mode) ?? forPeople(workOf(step).carryOut(run, work), work);
}

/**
 * Looks whether a step that was done holds.
 *
 * @throws HoldfastError what does not hold
 */
export async function checkStep(work: Work, { step, run }: StepInput): Promise<StepReport> {
  return walkedThrough(run.mode) ?? forPeople(workOf(step).check(run, work), work);
}

/** Takes a step back, where that can be done. */
export async function undoStep(work: Work, { step, run }: StepInput): Promise<StepUndoing> {
  if (run.mode === 'tabletop') return { outcome: 'nothing-to-undo', sentence: 'A tabletop does nothing.' };
  return forPeople(workOf(step).undo(run, work), work);
}

/** A tabletop is words alone, whatever an action would do (law 9). */
function walkedThrough(mode: RunMode): StepReport | null {
  if (mode !== 'tabletop') return null;
  return { exceptions: [], results: [], sentence: 'Walked through; a tabletop does nothing.', output: null };
}

/**
 * What fails is not tried again by itself, whatever its code: people decide what comes now, and see it at once. Only a
 * worker's death repeats a step.
 */
async function forPeople<T>(deed: Promise<T>, work: Work): Promise<T> {
  try {
    return await deed;
  } catch (error) {
    if (work.signal.aborted || !(error instanceof HoldfastError)) throw error;
    const { sentence, code } = error;
    throw ApplicationFailure.create({ message: sentence, type: code, nonRetryable: true });
  }
}
