import { formatDuration } from '../../policy/units.ts';
import { tryAnnounce } from '../alerting.ts';
import { faultInLine } from '../approvals.ts';
import type { EarlierRun, FailoverInput } from '../contract-failover.ts';
import { failWith } from '../failures.ts';
import { patient } from '../proxies.ts';
import { prefixOf } from './asking.ts';
import { callsOf, uncalled } from './calling.ts';
import { earlierRuns } from './earlier.ts';
import type { Run } from './run.ts';
import { isOfWorkers } from './worker-steps.ts';

const refusal = (sentence: string) => failWith({ code: 'refused', sentence });

/** Refuses what could never come to its end, before anything is touched. */
export function admit(input: FailoverInput): void {
  const { person, reason, people, runbook, mode, drill } = input;
  const fault = faultInLine('name', person) ?? faultInLine('reason', reason);
  if (fault !== null) throw failWith({ code: 'bad-usage', sentence: fault });
  if (!people.some(({ name }) => name === person))
    throw refusal(`The policy knows no ${person} among its people.`);
  const signed = (mode === 'real' ? runbook.signatures.real : runbook.signatures.drill) === 'signed';
  for (const step of runbook.steps) {
    if (isOfWorkers(step) && runbook.lost.includes(step.zone))
      throw refusal(`${step.id} runs in ${step.zone}, which this runbook takes as lost.`);
    const approved = step.approve || step.do === 'approve' || step.do === 'postgres.recover';
    const needed = step.approvals ?? 1;
    const may = people.filter(
      ({ name, roles, sshKeys }) =>
        roles.includes(step.role) && name !== person && (!signed || sshKeys.length > 0),
    );
    if (approved && may.length > 0 && may.length < needed)
      throw refusal(
        `${step.id} can't be approved: ${needed} people must, and the policy has ${may.length} with the role ${step.role}${signed ? ' and an SSH key' : ''} beside ${person}, who declares the run.`,
      );
    if (approved && may.length === 0)
      throw refusal(
        `${step.id} can't be approved: nobody but ${person}, who declares the run, has the role ${step.role}${signed ? ' and an SSH key' : ''}.`,
      );
  }
  const unknown = drill?.inject.find(
    (each) => 'step' in each && !runbook.steps.some(({ id }) => id === each.step),
  );
  if (unknown !== undefined && 'step' in unknown)
    throw refusal(`There is no step ${unknown.step} to let fail.`);
}

/**
 * Reads earlier runs, and shows when this very version was rehearsed last. A real run does not depend on it: reports that
 * can't be read are an exception.
 *
 * @throws ApplicationFailure `refused` when the last real run ended too short a time ago
 */
export async function recall(run: Run): Promise<void> {
  const { input, desk } = run;
  const { runbook, mode } = input;
  const earlier = await earlierRuns(input, runbook.name, mode === 'real' ? brief : unhurried, (sentence) =>
    desk.beside(Promise.resolve(sentence)),
  );
  const lastDrill = earlier.find((each) => each.mode !== 'real' && each.version === runbook.version) ?? null;
  const before = measuredAgainst(earlier, input);
  desk.change(({ shown, answers }) => ({ shown: { ...shown, lastDrill, before }, answers }));
  const [last] = earlier.filter((each) => each.mode === 'real');
  if (mode !== 'real' || last === undefined) return;
  const rest = runbook.cooldown - (Date.parse(desk.state().shown.declaredAt) - Date.parse(last.at)) / 1000;
  if (rest > 0)
    throw refusal(
      `The last real run of ${runbook.name} ended at ${last.at} (${last.result}): the next may start in ${formatDuration(rest)}, by the runbook's cooldown.`,
    );
}

/** What the times of steps are measured against: the last run of the same kind that came to its end, of this version first. */
function measuredAgainst(
  earlier: readonly EarlierRun[],
  { mode, runbook }: FailoverInput,
): EarlierRun | null {
  const kind = mode === 'real' ? 'drill' : mode;
  const ended = earlier.filter((each) => each.mode === kind && each.result !== 'aborted');
  return ended.find(({ version }) => version === runbook.version) ?? ended[0] ?? null;
}

/** Seconds: in a disaster nobody waits for a zone that is silent, lost or not. */
const brief = { within: 30, patience: 10 };
const unhurried = { within: 120, patience: patient };

/** Records the declaration, and tells everybody. */
export function declare({ input, desk }: Run): void {
  const { person, reason, runbook, mode } = input;
  const { workflowId } = desk.state().shown;
  desk.note(null, `${person} declared it: ${reason}`);
  desk.tell({ action: 'failover.declared', outcome: 'done', person, reason, hash: runbook.version });
  for (const call of callsOf(input, { workflowId, prefix: prefixOf(mode) }))
    desk.beside(tryAnnounce(input.alertZone, call));
  const missed = uncalled(input);
  if (missed === null) return;
  desk.note(null, missed);
  desk.beside(Promise.resolve(missed));
}
