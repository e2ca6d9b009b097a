import type { ActionName, StepOf } from '../../policy/resolved-failover.ts';
import type { StepLook, StepReport, StepRun, StepUndoing } from '../../workflows/contract-failover-steps.ts';
import type { Work } from '../work.ts';

/**
 * How a worker deals with one kind of step. `run.mode` says what it may touch: in a drill the step's `drill` target or
 * scratch, in a tabletop nothing at all. Every method may be called again after its worker died, with the old attempt
 * perhaps still at work.
 */
export type StepWork<Name extends ActionName> = {
  /** Without any effect; faults that are found are findings, and only a cancelled look throws. */
  look(step: StepOf<Name>, run: StepRun, work: Work): Promise<StepLook>;
  /** @throws HoldfastError why it could not be done; people decide what comes next */
  carryOut(step: StepOf<Name>, run: StepRun, work: Work): Promise<StepReport>;
  /** @throws HoldfastError what does not hold */
  check(step: StepOf<Name>, run: StepRun, work: Work): Promise<StepReport>;
  undo(step: StepOf<Name>, run: StepRun, work: Work): Promise<StepUndoing>;
};
