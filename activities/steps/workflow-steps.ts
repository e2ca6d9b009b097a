import { HoldfastError } from '../../policy/errors.ts';
import type { StepOf } from '../../policy/resolved-failover.ts';
import type { StepWork } from './step-work.ts';

type ByTheRun = 'approve' | 'manual' | 'wait' | 'notify';

/** Steps of people and timers: the run itself does them, and nothing on a worker can be wrong with them. */
export const byTheRun: StepWork<ByTheRun> = {
  async look(step) {
    const sentence = `${sayings[step.do]} No worker takes part.`;
    return { findings: [{ step: step.id, outcome: 'ok', sentence }], facts: [], choices: [] };
  },
  async carryOut(step) {
    throw misplaced(step);
  },
  async check(step) {
    throw misplaced(step);
  },
  async undo() {
    return { outcome: 'nothing-to-undo', sentence: 'Nothing was done by a worker.' };
  },
};

const sayings: Record<ByTheRun, string> = {
  approve: 'People decide.',
  manual: 'A person does it.',
  wait: 'A timer of the run.',
  notify: 'Sent through the alerts.',
};

function misplaced({ id, do: action }: StepOf<ByTheRun>): HoldfastError {
  return new HoldfastError('refused', `The step ${id} (${action}) is done by the run, and by no worker.`, {
    hint: 'Report this as an error of Holdfast.',
  });
}
