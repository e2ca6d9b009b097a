import {
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  workflowInfo,
} from '@temporalio/workflow';
import type { PreparedSwitch } from '../activities/switch-types.ts';
import { openTrail } from './audit.ts';
import { recordOutcome } from './board.ts';
import type { Reason } from './contract.ts';
import type { SwitchFacts, SwitchInput, SwitchResult } from './contract-switch.ts';
import { failWith, reasonOf } from './failures.ts';
import { activitiesIn, patient } from './proxies.ts';
import { mayAnotherCopyDo } from './restore-test-verdict.ts';
import { admitSwitch } from './switch-admission.ts';
import { concludeSwitched, concludeUndone, discard, endWithout, type Run } from './switch-conclusion.ts';
import { openDeeds } from './switch-deeds.ts';
import { openSwitchDesk } from './switch-desk.ts';
import { askApprovers } from './switch-tell.ts';
import { keptEnding, switchText } from './switch-text.ts';

const aDay = 86_400;

/**
 * Puts a backup in place of the live database (law 5): restores it into a scratch database beside the live one, compares
 * it exactly, shows what would be lost and replaced, and waits for people to approve just that (law 8). Only then are
 * the services stopped, both databases renamed in one transaction, and the services started. When a step fails, what was
 * done is undone: services run on the old database or on the new one, and never on none. The old one is kept.
 */
export async function switchInto(input: SwitchInput): Promise<SwitchResult> {
  const trail = openTrail(input.audit, input.zone);
  const desk = openSwitchDesk(input, trail);
  const until = new Date(Date.now() + (input.rule.expires + 2 * aDay) * 1000).toISOString();
  const run: Run = { input, desk, trail, until };
  try {
    await admitSwitch(input, trail);
    const prepared = await preparedUnlessCancelled(run);
    return prepared === null ? await endWithout(run, null) : await decide(run, prepared);
  } catch (error) {
    await CancellationScope.nonCancellable(() => giveUp(run, error));
    throw isCancellation(error) ? error : failWith(reasonOf(error));
  } finally {
    await CancellationScope.nonCancellable(async () => {
      await desk.alert.settled();
      await condition(allHandlersFinished);
    });
  }
}

/** What was restored; null when somebody cancelled it meanwhile. */
async function preparedUnlessCancelled(run: Run): Promise<PreparedSwitch | null> {
  const scope = new CancellationScope();
  const watcher = new CancellationScope();
  watcher
    .run(async () => {
      await condition(() => run.desk.state().cancelled !== null);
      scope.cancel();
    })
    .catch(() => undefined);
  try {
    return await scope.run(() => prepare(run));
  } catch (error) {
    if (isCancellation(error) && run.desk.state().cancelled !== null) return null;
    throw error;
  } finally {
    watcher.cancel();
  }
}

/** Restores from the nearest copy that works. One that is not what was backed up is no reason to try the next. */
async function prepare({ input, desk, until }: Run): Promise<PreparedSwitch> {
  const { candidates, backup, source, rule, signers, keys, zone } = input;
  const work = activitiesIn(zone, { within: aDay, attempts: 3, patience: patient });
  let reason: Reason = { code: 'not-found', sentence: 'No repository holds a copy of this backup.' };
  for (const repository of candidates) {
    try {
      const keptAs = keptEnding(workflowInfo().startTime);
      return await work.prepareSwitch({ backup, source, rule, signers, keys, repository, keptAs, until });
    } catch (error) {
      if (isCancellation(error)) throw error;
      reason = reasonOf(error);
      desk.note(`The copy in ${repository.name} could not be used: ${reason.sentence}`);
      if (!mayAnotherCopyDo(reason)) break;
    }
  }
  throw failWith(reason);
}

/** Asks people, and does what they say. From here on there is a scratch database to look after. */
async function decide(run: Run, prepared: PreparedSwitch): Promise<SwitchResult> {
  try {
    await propose(run, prepared);
    if (!(await run.desk.approvedInTime())) return await endWithout(run, prepared);
  } catch (error) {
    await CancellationScope.nonCancellable(() => discard(run, prepared));
    throw error;
  }
  return CancellationScope.nonCancellable(() => carryOut(run, prepared));
}

/** Shows what would be switched, with the hash that approvals are bound to. */
async function propose({ input, desk, trail }: Run, prepared: PreparedSwitch): Promise<void> {
  const { organization, source, person, reason, zone, rule, backup } = input;
  const { attempt, order, dataTime, liveBytes, notes } = prepared;
  const facts: SwitchFacts = {
    backup,
    repository: attempt.repository,
    dataTime,
    lossSeconds: Math.max(0, Math.round((Date.now() - Date.parse(dataTime)) / 1000)),
    order,
    tables: attempt.tables,
    rows: attempt.rows,
    liveBytes,
    notes,
  };
  const { workflowId } = workflowInfo();
  const text = switchText({
    organization,
    workflowId,
    source: source.name,
    requester: person,
    reason,
    facts,
  });
  const hash = await activitiesIn(zone, { within: 300, attempts: 5, patience: patient }).sealText({ text });
  const expiresAt = new Date(Date.now() + rule.expires * 1000).toISOString();
  desk.show({ facts, text, hash, expiresAt });
  await trail.record(desk.happening({ action: 'switch.requested', outcome: 'done', person, reason }));
  if (desk.state().cancelled !== null) return;
  desk.show({ phase: 'waiting for approvals' });
  const untold = await askApprovers(input, desk);
  if (untold !== null) desk.note(untold);
}

/** From here on nobody can cancel: services are up on one database or the other when this ends. */
async function carryOut(run: Run, prepared: PreparedSwitch): Promise<SwitchResult> {
  const { input, desk, trail, until } = run;
  const { order } = prepared;
  const { person, reason, source, rule } = input;
  desk.show({ phase: 'quiescing' });
  const deeds = openDeeds(input, order, until, desk);
  try {
    const facts = {
      approvedBy: desk
        .state()
        .approvals.map(({ by }) => by)
        .join(', '),
      keptAs: order.keptAs,
    };
    await activitiesIn(input.zone, { within: 900, attempts: 5 }).checkSwitchable({ source, rule, order });
    await trail.record(desk.happening({ action: 'switch.begun', outcome: 'done', person, reason, facts }));
    await deeds.carryOut();
  } catch (error) {
    const failed = reasonOf(error);
    desk.show({ phase: 'undoing' });
    desk.note(failed.sentence);
    const { undone, left } = await deeds.undo();
    return concludeUndone(run, prepared, failed, { undone, left }, deeds.downtime());
  }
  desk.show({ phase: 'resuming' });
  const down = await deeds.resume().then(
    () => null,
    (error: unknown) => reasonOf(error),
  );
  return concludeSwitched(run, prepared, down, deeds.downtime());
}

/** The end by a refusal, a fault, or a cancellation in Temporal, with nothing switched. */
async function giveUp({ desk, input }: Run, error: unknown): Promise<void> {
  const { code, sentence } = reasonOf(error);
  const cancelled = isCancellation(error);
  desk.show({ phase: cancelled ? 'cancelled' : code === 'refused' ? 'refused' : 'failed' });
  desk.note(cancelled ? 'It was cancelled in Temporal.' : sentence);
  recordOutcome(cancelled ? 'aborted' : 'failed');
  await desk.tell({
    action: cancelled ? 'switch.cancelled' : 'switch.refused',
    outcome: cancelled ? 'done' : 'refused',
    person: input.person,
    reason: cancelled ? 'cancelled in Temporal' : sentence,
  });
}
