import {
  allHandlersFinished,
  CancellationScope,
  condition,
  defineSignal,
  isCancellation,
  patched,
  setHandler,
} from '@temporalio/workflow';
import { formatDuration } from '../../policy/units.ts';
import { tryAnnounce } from '../alerting.ts';
import { recordOutcome } from '../board.ts';
import type { FailoverInput, FailoverResult } from '../contract-failover.ts';
import { type YieldTo, yieldSignal } from '../contract-failover-messages.ts';
import { failWith, reasonOf } from '../failures.ts';
import { textIn } from '../hear.ts';
import { prefixOf } from './asking.ts';
import { carry } from './carry.ts';
import { carrySteps } from './communicate.ts';
import { conclude } from './conclusion.ts';
import { watchDeadlines } from './deadlines.ts';
import { requireDeclaration } from './declaration.ts';
import { openFailoverDesk } from './desk.ts';
import { judge } from './judging.ts';
import { type Locks, takeLocks } from './locks.ts';
import { admit, declare, recall } from './preparing.ts';
import { now, type Run } from './run.ts';
import { isOver } from './state.ts';
import { leaveRest, type Undone, undoAll } from './undoing.ts';

/**
 * Runs a runbook, in earnest or as a rehearsal (law 9: the mode is data). Steps run side by side as their needs allow;
 * people approve what they are shown (law 8), and answer for what fails. Nobody is asked in a zone that is lost (law 10).
 * When it is stopped, what was done is undone in reverse order; a rehearsal is cleaned up however it ends (law 13).
 */
export async function failover(input: FailoverInput): Promise<FailoverResult> {
  const desk = openFailoverDesk(input);
  const run: Run = { input, desk };
  yieldToRealRuns(run);
  let locks: Locks | null = null;
  try {
    admit(input);
    await requireDeclaration(run);
    await recall(run);
    locks = await takeLocks(run);
    declare(run);
    phase(run, 'running');
    await carryAll(run);
    const held = locks;
    return await CancellationScope.nonCancellable(() => finish(run, held));
  } catch (error) {
    const held = locks;
    if (isCancellation(error))
      return await CancellationScope.nonCancellable(() => finish(stopped(run), held));
    throw await CancellationScope.nonCancellable(() => refused(run, error));
  } finally {
    const taken = locks;
    await CancellationScope.nonCancellable(async () => {
      await taken?.release();
      await condition(allHandlersFinished);
    });
  }
}

/** Every step to its end, side by side; until somebody stops the run. */
async function carryAll(run: Run): Promise<void> {
  const { desk } = run;
  if (desk.state().shown.aborted !== null) return;
  const scope = new CancellationScope();
  const watcher = new CancellationScope();
  const watching = watcher
    .run(async () => {
      await stopping(run);
      scope.cancel();
    })
    .catch(() => undefined);
  const due = watcher.run(() => watchDeadlines(run)).catch(() => undefined);
  try {
    // All are waited for, also the ones that a cancellation still has to end.
    const ends = await scope.run(() => carrySteps(run, carry));
    const fault = ends.find((end) => end.status === 'rejected' && !isCancellation(end.reason));
    if (fault?.status === 'rejected') throw fault.reason;
    const cancelled = ends.find((end) => end.status === 'rejected');
    if (cancelled?.status === 'rejected' && desk.state().shown.aborted === null) throw cancelled.reason;
  } finally {
    watcher.cancel();
    await Promise.all([watching, due]);
  }
}

/** Until somebody stops the run; a rehearsal with a deadline stops itself. */
async function stopping({ input, desk }: Run): Promise<void> {
  const isStopped = () => desk.state().shown.aborted !== null;
  const { deadline } = input.drill ?? {};
  if (deadline === undefined) return condition(isStopped);
  if (await condition(isStopped, deadline * 1000)) return;
  const reason = `It was not over after ${formatDuration(deadline)}.`;
  const aborted = { by: 'its deadline', at: now(), reason };
  desk.note(null, `Stops: ${reason}`);
  desk.change(({ shown, answers }) => ({ shown: { ...shown, aborted }, answers }));
}

async function finish(run: Run, locks: Locks | null): Promise<FailoverResult> {
  const { desk, input } = run;
  const aborted = desk.state().shown.aborted !== null;
  let undone: Undone = { undone: [], left: [] };
  if (aborted || input.mode === 'drill') {
    phase(run, 'undoing');
    undone = await undoAll(run);
  }
  leaveRest(run);
  const endedAt = now();
  // What is over holds up nobody while its report is written.
  if (input.mode !== 'real' && patched('rehearsal-lets-go')) await locks?.release();
  await judge(run, locks);
  return conclude(run, undone, endedAt);
}

/** A rehearsal that was to come by itself and does not: those who lead it and own it are told. */
function tellNotHeld({ alertZone, runbook, drill, mode, people }: FailoverInput, why: string) {
  const { name = '', owner = '' } = drill ?? {};
  const roles = people.find((person) => person.name === owner)?.roles ?? [];
  return tryAnnounce(alertZone, {
    severity: 'warning',
    subject: `${runbook.name}/${name}`,
    roles: [...new Set([runbook.commander, ...roles])],
    sentence: `${prefixOf(mode)}The drill ${name} of ${runbook.name} was not held: ${why}`,
  });
}

/** The run as somebody left it who cancelled it in Temporal. */
function stopped(run: Run): Run {
  const aborted = { by: 'Temporal', at: now(), reason: 'It was cancelled there.' };
  run.desk.change(({ shown, answers }) => ({
    shown: { ...shown, aborted: shown.aborted ?? aborted },
    answers,
  }));
  return run;
}

/** A rehearsal stops when a real run wants what it holds. */
function yieldToRealRuns({ input, desk }: Run): void {
  setHandler(defineSignal<[YieldTo | undefined]>(yieldSignal), (sent) => {
    const { aborted: before, phase: current, steps } = desk.state().shown;
    const isOverBy = current !== 'preparing' && steps.every(isOver);
    const workflowId = textIn(sent, 'workflowId');
    if (input.mode === 'real' || workflowId === null || before !== null || isOverBy) return;
    const aborted = { by: workflowId, at: now(), reason: 'A real run comes first.' };
    desk.note(null, `Stops for ${workflowId}: a real run comes first.`);
    desk.change(({ shown, answers }) => ({ shown: { ...shown, aborted }, answers }));
  });
}

const phase = ({ desk }: Run, next: 'running' | 'undoing'): void =>
  desk.change(({ shown, answers }) => ({ shown: { ...shown, phase: next }, answers }));

/** The end by a refusal, or by a fault of ours: nothing was begun, or all has come to rest. */
async function refused({ desk, input }: Run, error: unknown) {
  const { code, sentence } = reasonOf(error);
  desk.note(null, sentence);
  if (input.drill?.schedule !== undefined) desk.beside(tellNotHeld(input, sentence));
  desk.tell({ action: 'failover.refused', outcome: 'refused', person: input.person, reason: sentence });
  desk.change(({ shown, answers }) => ({ shown: { ...shown, phase: 'done', result: 'failed' }, answers }));
  recordOutcome('failed');
  await desk.settled();
  return failWith({ code, sentence });
}
