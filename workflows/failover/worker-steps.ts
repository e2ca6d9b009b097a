import { workflowInfo } from '@temporalio/workflow';
import type { ResolvedRunbook, ResolvedStep, RunMode } from '../../policy/resolved-failover.ts';
import type { Fact, StepInput, StepLook, StepReport, StepUndoing } from '../contract-failover-steps.ts';
import { activitiesIn, patient } from '../proxies.ts';
import { ancestorsOf } from './graph.ts';
import { rulesFor } from './message-fill.ts';
import type { Run } from './run.ts';
import { stepIn } from './state.ts';
import { endOfOutput } from './timeline.ts';

export { isOfWorkers } from './graph.ts';

export const nothingSeen: StepLook = { findings: [], facts: [], choices: [] };

/** What a worker that dies costs: 30 seconds until it is missed, and the next one's way there. */
const spare = 90;

/** In a disaster no step waits until a dump has ended; a rehearsal does. */
const inEarnest = ({ input }: Run): boolean => input.mode === 'real';

/** Looks at a step without effect, in its own zone. */
export function lookAt(run: Run, step: ResolvedStep): Promise<StepLook> {
  const limits = { within: 180, attempts: 3, patience: patient, urgent: true };
  return activitiesIn(step.zone, limits).lookAtStep(inputOf(run, step));
}

/** Does a step and looks whether it holds. What fails is for people to decide; only a worker's death repeats it. */
export async function doneByWorker(run: Run, step: ResolvedStep): Promise<StepReport> {
  const work = activitiesIn(step.zone, {
    within: step.timeout + spare,
    attempts: 3,
    patience: patient,
    urgent: inEarnest(run),
  });
  const input = inputOf(run, step);
  const report = await work.doStep(input);
  const { results } = input.run;
  const known = [...(results[step.id] ?? []), ...report.results];
  const after = { ...input.run, results: { ...results, [step.id]: known } };
  const check = await work.checkStep({ step, run: after });
  const output = report.output ?? check.output;
  return {
    // What is only simulated says so twice.
    exceptions: [...new Set([...report.exceptions, ...check.exceptions])],
    results: [...report.results, ...check.results],
    sentence: [report.sentence, check.sentence].filter((text) => text !== '').join(' '),
    output: output === null ? null : endOfOutput(output, run.input.runbook.steps.length),
  };
}

/** @param left actions of other steps that stay done, by step: what they stand on must stay as well */
export function undone(run: Run, step: ResolvedStep, left: Record<string, Fact[]>): Promise<StepUndoing> {
  const limits = { within: step.timeout + spare, attempts: 5, patience: patient, urgent: inEarnest(run) };
  const input = inputOf(run, step);
  const results = { ...input.run.results };
  for (const [id, facts] of Object.entries(left)) results[id] = [...(results[id] ?? []), ...facts];
  return activitiesIn(step.zone, limits).undoStep({ step, run: { ...input.run, results } });
}

function inputOf({ input, desk }: Run, step: ResolvedStep): StepInput {
  const { shown } = desk.state();
  // Of what comes before it alone: a history must not hold everything once for each step.
  const before = ancestorsOf(step.id, input.runbook.steps);
  const { workflowId, runId } = workflowInfo();
  return {
    step,
    run: {
      workflowId,
      runId,
      runbook: input.runbook.name,
      mode: input.mode,
      declaredAt: shown.declaredAt,
      lost: shown.lost,
      degraded: shown.degraded,
      results: Object.fromEntries(
        shown.steps
          .filter(({ id }) => before.has(id))
          .map(({ id, facts, results }): [string, Fact[]] => [
            id,
            id === step.id ? [...facts, ...results] : results,
          ])
          .filter(([, known]) => known.length > 0),
      ),
      chosen: stepIn(desk.state(), step.id)?.chosen ?? null,
      signers: input.signers,
      ...channelOf(input.runbook, step, input.mode),
    },
  };
}

/** What a worker needs to look whether a message could be sent. */
export function channelOf(
  runbook: ResolvedRunbook,
  step: ResolvedStep,
  mode: RunMode,
): Pick<StepInput['run'], 'rules'> {
  const rules = step.do === 'communicate' ? rulesFor(runbook, step.message, mode) : undefined;
  return rules === undefined ? {} : { rules };
}
