import { HoldfastError } from '../../policy/errors.ts';
import type { ActionName } from '../../policy/resolved-failover.ts';
import type { StepWork } from './step-work.ts';

/** An action that the policy's language has and this version's workers have not: refused, and never taken as done. */
export const notBuilt: StepWork<ActionName> = {
  async look(step) {
    const sentence = refusal(step.do).sentence;
    return { findings: [{ step: step.id, outcome: 'fault', sentence }], facts: [], choices: [] };
  },
  async carryOut(step) {
    throw refusal(step.do);
  },
  async check(step) {
    throw refusal(step.do);
  },
  async undo(step) {
    return { outcome: 'nothing-to-undo', sentence: refusal(step.do).sentence };
  },
};

function refusal(action: ActionName): HoldfastError {
  return new HoldfastError('refused', `This worker does not know the action ${action} yet.`, {
    hint: 'Write the step as `manual` or `command`, or run a newer version of Holdfast there.',
  });
}
