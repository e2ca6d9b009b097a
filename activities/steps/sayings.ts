import type { StepCommon } from '../../policy/resolved-failover.ts';
import type { PreflightFinding, StepReport } from '../../workflows/contract-failover-steps.ts';

/** One thing that was looked at. */
export const findingOf = (
  { id }: Pick<StepCommon, 'id'>,
  outcome: PreflightFinding['outcome'],
  sentence: string,
): PreflightFinding => ({ step: id, outcome, sentence });

/** A report that there was nothing more to do. */
export const without = (sentence: string): StepReport => ({
  exceptions: [],
  results: [],
  sentence,
  output: null,
});

/** A step that only said what it would do: an exception, since it proved nothing (law 11). */
export const simulated = (sentence: string): StepReport => ({
  exceptions: [`${onlySaid}${sentence}`],
  results: [],
  sentence: `${onlySaid}${sentence}`,
  output: null,
});

const onlySaid = 'Simulated: ';

/** Whether a sentence of a step says that it was only simulated. */
export const isSimulated = (sentence: string): boolean => sentence.startsWith(onlySaid);
