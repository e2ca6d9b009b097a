import { HoldfastError } from '../../policy/errors.ts';
import type { StepCommon } from '../../policy/resolved-failover.ts';
import type {
  Fact,
  StepLook,
  StepReport,
  StepUndoing,
  Thing,
} from '../../workflows/contract-failover-steps.ts';
import { reasonOf } from '../reason.ts';
import type { Work } from '../work.ts';
import { findingOf, without } from './sayings.ts';

/** A report of one sentence, and of what else there is to tell. */
export const reported = (sentence: string, more: Partial<StepReport> = {}): StepReport => ({
  ...without(sentence),
  ...more,
});

export const nothingToUndo = (sentence: string): StepUndoing => ({ outcome: 'nothing-to-undo', sentence });
export const notUndoable = (sentence: string): StepUndoing => ({ outcome: 'not-undoable', sentence });

/**
 * A look whose faults are findings: what it throws is one as well, unless it was stopped.
 *
 * @param asked what is not there when nothing answers
 */
export async function looked(
  step: Pick<StepCommon, 'id'>,
  work: Work,
  body: () => Promise<Partial<StepLook>>,
  asked?: Thing,
): Promise<StepLook> {
  try {
    return { findings: [], facts: [], choices: [], ...(await body()) };
  } catch (error) {
    if (work.signal.aborted) throw error;
    const fault = findingOf(step, 'fault', reasonOf(error).sentence);
    const silent = error instanceof HoldfastError && error.code === 'unreachable';
    const lacks = silent && asked !== undefined ? { lacks: [asked] } : {};
    return { findings: [{ ...fault, ...lacks }], facts: [], choices: [] };
  }
}

/** The facts of a name in what earlier steps found. */
export const factsNamed = (results: Record<string, Fact[]>, name: string): Fact[] =>
  Object.values(results).flatMap((facts) => facts.filter((fact) => fact.name === name));
