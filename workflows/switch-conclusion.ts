import { CancellationScope } from '@temporalio/workflow';
import type { PreparedSwitch } from '../activities/switch-types.ts';
import type { Trail } from './audit.ts';
import { recordOutcome } from './board.ts';
import type { Reason } from './contract.ts';
import type { SwitchInput, SwitchPhase, SwitchResult } from './contract-switch.ts';
import { reasonOf } from './failures.ts';
import { activitiesIn } from './proxies.ts';
import { shortened } from './shortened.ts';
import type { Undone } from './switch-deeds.ts';
import type { SwitchDesk } from './switch-desk.ts';
import { tellEnd } from './switch-tell.ts';
import { backStatements } from './switch-text.ts';

/** What one run of a switch is about, from its start to its end. */
export type Run = { input: SwitchInput; desk: SwitchDesk; trail: Trail; until: string };

/** The end of a request that was cancelled, or that too few approved in time. */
export async function endWithout(run: Run, prepared: PreparedSwitch | null): Promise<SwitchResult> {
  const { desk, input } = run;
  const undone =
    prepared === null ? {} : await CancellationScope.nonCancellable(() => discard(run, prepared));
  const { cancelled, approvals } = desk.state();
  const sentence =
    cancelled === null
      ? `${approvals.length} of ${input.rule.approvals} had approved when the request expired.`
      : `${cancelled.by} cancelled it: ${cancelled.reason}`;
  desk.note(sentence);
  const who = cancelled === null ? {} : { person: cancelled.by };
  await desk.tell({
    action: 'switch.cancelled',
    outcome: 'done',
    reason: cancelled?.reason ?? sentence,
    ...who,
  });
  recordOutcome('aborted');
  const reason: Reason = { code: 'interrupted', sentence };
  return { ...empty(run, prepared), ...undone, result: 'aborted', reason, evidence: null };
}

/** The end after a step failed: services are up on the old database, or people are told what is left. */
export async function concludeUndone(
  run: Run,
  prepared: PreparedSwitch,
  reason: Reason,
  { undone, left }: Undone,
  downtime: number | null,
): Promise<SwitchResult> {
  const { desk, input } = run;
  desk.show({ phase: 'failed', notes: [...desk.state().notes, ...undone, ...left] });
  await desk.tell({
    action: 'switch.undone',
    outcome: left.length === 0 ? 'done' : 'failed',
    person: input.person,
    reason: shortened([reason.sentence, ...left].join(' '), 1000),
  });
  return conclude(run, {
    ...empty(run, prepared),
    result: 'failed',
    reason,
    undone,
    exceptions: left,
    downtime,
  });
}

/** The restored database is live. That its services do not start is no reason to throw it away: people are told. */
export async function concludeSwitched(
  run: Run,
  prepared: PreparedSwitch,
  down: Reason | null,
  downtime: number | null,
): Promise<SwitchResult> {
  const { desk, input } = run;
  const { order, notes } = prepared;
  const sentence = `${order.live} is the restored database now; the old one is kept as ${order.keptAs}.`;
  const phase: SwitchPhase = down === null ? 'done' : 'failed';
  desk.show({ phase, notes: [...desk.state().notes, sentence, ...(down === null ? [] : [down.sentence])] });
  await desk.tell({
    action: 'switch.done',
    outcome: down === null ? 'done' : 'failed',
    person: input.person,
    reason: down?.sentence ?? input.reason,
    facts: { keptAs: order.keptAs, downtime: Math.round(downtime ?? 0) },
  });
  const left = notes.filter((note) => note.startsWith('Not carried over'));
  return conclude(run, {
    ...empty(run, prepared),
    result: down === null ? 'passed' : 'failed',
    keptAs: order.keptAs,
    back: backStatements(order),
    downtime,
    reason: down,
    exceptions: down === null ? left : [`The services are down: ${down.sentence}`, sentence, ...left],
  });
}

/** Tells people, keeps the report, and gives the result: passed with nothing to add, or with exceptions. */
async function conclude({ input, desk }: Run, found: Omit<SwitchResult, 'evidence'>): Promise<SwitchResult> {
  const told = await tellEnd(input, desk.state(), found);
  const excepted = told.result === 'passed' && told.exceptions.length > 0;
  const result = excepted ? 'passed-with-exceptions' : told.result;
  recordOutcome(result);
  return { ...told, result };
}

function empty(
  { input, desk }: Run,
  prepared: PreparedSwitch | null,
): Omit<SwitchResult, 'result' | 'evidence'> {
  return {
    backup: input.backup,
    attempt: prepared?.attempt ?? null,
    keptAs: null,
    back: [],
    downtime: null,
    approvals: desk.state().approvals,
    reason: null,
    undone: [],
    exceptions: [],
  };
}

/** Removes the scratch database; one that can't be removed is swept when its time is over. */
export async function discard({ input, desk }: Run, { order }: PreparedSwitch) {
  const { source, rule, zone } = input;
  try {
    await activitiesIn(zone, { within: 3600, attempts: 10 }).discardScratch({ source, rule, order });
    return { undone: [`The scratch database ${order.scratch} is gone.`] };
  } catch (error) {
    const sentence = `The scratch database ${order.scratch} is still there: ${reasonOf(error).sentence}`;
    desk.note(sentence);
    return { exceptions: [sentence] };
  }
}
