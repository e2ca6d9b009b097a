import { setTimeout as pause } from 'node:timers/promises';
import { HoldfastError } from '../../policy/errors.ts';
import type { StepOf } from '../../policy/resolved-failover.ts';
import type { PreflightFinding, StepRun } from '../../workflows/contract-failover-steps.ts';
import type { Work } from '../work.ts';
import { ask } from './http-request.ts';
import { reported } from './said.ts';
import { findingOf, simulated } from './sayings.ts';
import type { StepWork } from './step-work.ts';

type HttpStep = StepOf<'http.check'>;

const betweenTries = 1000;
const patience = 10;

/** Asks an address until it answers as it should. Each try is a new connection, since names may have moved meanwhile. */
export const httpCheck: StepWork<'http.check'> = {
  async look(step, run, work) {
    const url = urlOf(step, run);
    if (url === undefined) return only(findingOf(step, 'not-checked', `${step.id}: ${notInDrill}`));
    const fault = await faultOf(step, url, patience, work);
    const now =
      fault === null
        ? findingOf(step, 'ok', `${hostOf(url)} answers as it should already.`)
        : // Before the failover that may be as it is.
          findingOf(step, 'warning', `${fault} It has to by the time of the step.`);
    return only(now);
  },

  async carryOut(step, run, work) {
    const url = urlOf(step, run);
    if (url === undefined) return simulated(notInDrill);
    const startedAt = Date.now();
    const left = () => step.within - (Date.now() - startedAt) / 1000;
    for (let tries = 1; ; tries += 1) {
      const fault = await faultOf(step, url, Math.min(patience, Math.max(left(), 1)), work);
      const seconds = (Date.now() - startedAt) / 1000;
      if (fault === null) {
        const said = `${hostOf(url)} answered ${step.status} after ${seconds.toFixed(1)} s, at try ${tries}.`;
        const result = { name: 'answered after', value: `${seconds.toFixed(1)} s`, number: seconds } as const;
        return reported(said, { results: [{ ...result, unit: 'seconds' }] });
      }
      if (left() <= betweenTries / 1000)
        throw new HoldfastError(
          'service-unavailable',
          `${fault} It was asked ${tries} times in ${Math.round(seconds)} seconds.`,
        );
      await pause(betweenTries, undefined, { signal: work.signal });
    }
  },

  async check() {
    return reported('The answer was the check.');
  },

  async undo() {
    return { outcome: 'nothing-to-undo', sentence: 'A question changes nothing.' };
  },
};

const notInDrill = 'in a drill nothing is asked, since the step names no `drill` address.';

const urlOf = (step: HttpStep, run: StepRun): string | undefined =>
  run.mode === 'real' ? step.url : step.drill;

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : 'The address');

const only = (finding: PreflightFinding) => ({ findings: [finding], facts: [], choices: [] });

/** What is wrong with the answer; null when it is as it should be. */
async function faultOf(
  { status, contains }: HttpStep,
  url: string,
  seconds: number,
  work: Work,
): Promise<string | null> {
  const answer = await ask(url, { status, seconds, signal: work.signal });
  if ('fault' in answer) return answer.fault;
  const host = hostOf(url);
  if (answer.status !== status) return `${host} answers ${answer.status} and not ${status}.`;
  if (contains !== undefined && !answer.body.includes(contains))
    return `${host} answers ${status}, and its first 1 MiB does not hold the text that the step looks for.`;
  return null;
}
