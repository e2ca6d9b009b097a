import { allHandlersFinished, CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import { askingSentence } from './approval-alert.ts';
import { openTrail, type Trail } from './audit.ts';
import { recordOutcome } from './board.ts';
import type {
  CopyRemoval,
  DeletionInput,
  DeletionList,
  DeletionProgress,
  DeletionResult,
} from './contract-deletion.ts';
import { admit, refusal } from './deletion-admission.ts';
import { type Desk, happeningsOf, openDesk } from './deletion-desk.ts';
import { examine, seal } from './deletion-examination.ts';
import { removeAll } from './deletion-removal.ts';
import { growthSince, nameOf } from './deletion-text.ts';
import { failWith, reasonOf } from './failures.ts';
import { shortened } from './shortened.ts';

/** A repository that is away when the day comes is asked again so often, after so long. */
const looks = 12;
const pauseBetweenLooks = '5m';

/**
 * Deletes backups that somebody asked for, guarded: what goes and why it may (law 4) is computed and shown; people of
 * the policy's role approve exactly that list (law 8); then there is a delay in which anyone may cancel; then all is
 * checked once more, and only then deleted, in every copy and version. Ends as deleted, cancelled or expired, and as
 * failed where the rules refuse it. Nothing is removed before the audit log says that it will be.
 */
export async function deletion(input: DeletionInput): Promise<DeletionResult> {
  const trail = openTrail(input.audit, input.zone);
  const desk = openDesk(input, trail);
  try {
    await admit(input, trail);
    const approved = await propose(input, desk, trail);
    if (await desk.approvedInTime()) {
      await waitOutDelay(input, desk);
      const list = await checkAgain(input, approved, desk);
      if (list !== null) return await carryOut(input, list, desk, trail);
    }
    return await endWithout(desk);
  } catch (error) {
    await CancellationScope.nonCancellable(() => giveUp(error, desk));
    throw isCancellation(error) ? error : failWith(reasonOf(error));
  } finally {
    await CancellationScope.nonCancellable(async () => {
      await desk.alert.settled();
      await condition(allHandlersFinished);
    });
  }
}

/** Computes what goes and why it may, shows it, and asks for approvals. */
async function propose(input: DeletionInput, desk: Desk, trail: Trail): Promise<DeletionList> {
  const decision = await examine(input);
  if (decision.refusals.length > 0) throw refusal(decision.refusals.map(({ sentence }) => sentence));
  const list = await seal(input, decision);
  const expiresAt = new Date(Date.now() + input.rule.expires * 1000).toISOString();
  desk.show({ list, expiresAt });
  await trail.record(
    ...happeningsOf(desk.state(), {
      action: 'deletion.requested',
      outcome: 'done',
      person: input.requester,
      reason: input.reason,
    }),
  );
  if (desk.state().cancelled === null) {
    desk.show({ phase: 'waiting for approvals' });
    await askApprovers(input, list, expiresAt, desk);
  }
  return list;
}

/** Tells those who may approve that they are asked; that they could not be told is shown. */
async function askApprovers(
  { requester, reason, rule: { role, signatures } }: DeletionInput,
  { items }: DeletionList,
  until: string,
  { alert, show, state }: Desk,
): Promise<void> {
  const [first] = items;
  const more = items.length > 1 ? ` and ${items.length - 1} more` : '';
  const wish = `${requester} wants ${first === undefined ? 'backups' : nameOf(first.backup)}${more} to be deleted.`;
  const sentence = askingSentence({ command: 'deletion', wish, reason, signatures, until });
  const untold = await alert.ask({ role, sentence, until });
  if (untold !== null) show({ sentences: [...state().sentences, untold] });
}

async function waitOutDelay({ rule }: DeletionInput, desk: Desk): Promise<void> {
  const due = new Date(Date.now() + rule.delay * 1000).toISOString();
  desk.show({ phase: 'waiting out the delay', due });
  if (rule.delay > 0) await condition(() => desk.state().cancelled !== null, rule.delay * 1000);
}

/**
 * What goes now that the day has come, by what the repositories say now; null when it was cancelled meanwhile. What
 * was approved may have shrunk, and must not have grown.
 */
async function checkAgain(
  input: DeletionInput,
  approved: DeletionList,
  desk: Desk,
): Promise<DeletionList | null> {
  for (let look = 1; ; look += 1) {
    if (desk.state().cancelled !== null) return null;
    desk.show({ phase: 'checking again' });
    const decision = await examine(input);
    if (desk.state().cancelled !== null) return null;
    const unread = decision.refusals.filter(({ backup }) => backup === null);
    if (unread.length > 0 && look < looks) {
      desk.show({ sentences: unread.map(({ sentence }) => sentence) });
      await condition(() => desk.state().cancelled !== null, pauseBetweenLooks);
      continue;
    }
    const growth = growthSince(approved, decision);
    const reasons = [...decision.refusals.map(({ sentence }) => sentence), ...growth];
    if (reasons.length > 0) throw refusal(reasons);
    desk.show({ sentences: [] });
    return { ...approved, items: decision.items };
  }
}

/** From here on nobody can cancel: what is deleted by half is worth nothing. */
async function carryOut(
  input: DeletionInput,
  list: DeletionList,
  desk: Desk,
  trail: Trail,
): Promise<DeletionResult> {
  desk.show({ phase: 'deleting' });
  return CancellationScope.nonCancellable(async () => {
    const { approvals } = desk.state();
    const facts = { approvedBy: approvals.map(({ by }) => by).join(', ') };
    const about = { person: input.requester, reason: input.reason, facts };
    await trail.record(
      ...happeningsOf(desk.state(), { action: 'deletion.begun', outcome: 'done', ...about }),
    );
    const copies = await removeAll(input, list, desk);
    for (const { backup } of list.items) await tellDone(trail, desk, copies, nameOf(backup));
    return conclude(list, desk);
  });
}

async function tellDone(
  trail: Trail,
  desk: Desk,
  copies: readonly CopyRemoval[],
  name: string,
): Promise<void> {
  const own = copies.filter(({ backup }) => nameOf(backup) === name);
  const left = own.filter(({ outcome }) => outcome !== 'removed');
  const { requester, list, sentences } = desk.state();
  const unwritten = await trail.tryRecord({
    action: 'deletion.done',
    subject: name,
    outcome: left.length === 0 ? 'done' : 'failed',
    person: requester,
    hash: list?.sha256,
    facts: {
      removed: own
        .filter(({ outcome }) => outcome === 'removed')
        .map(({ repository }) => repository)
        .join(', '),
      versions: own.reduce((sum, { removed }) => sum + removed, 0),
      ...(left.length === 0 ? {} : { left: shortened(left.map(leftSentence).join(' '), 1000) }),
    },
  });
  if (unwritten !== null) desk.show({ sentences: [...sentences, unwritten] });
}

const leftSentence = ({ backup, repository, outcome, lockedUntil, sentences }: CopyRemoval): string =>
  [
    `${nameOf(backup)} is still in ${repository} (${outcome}${lockedUntil === undefined ? '' : ` until ${lockedUntil}`}).`,
    ...sentences,
  ].join(' ');

function conclude(list: DeletionList, desk: Desk): DeletionResult {
  const { copies, sentences } = desk.state();
  const left = copies.filter(({ outcome }) => outcome !== 'removed').map(leftSentence);
  if (copies.length > 0 && left.length === copies.length)
    throw failWith({ code: 'process-failed', sentence: `Nothing could be deleted. ${left.join(' ')}` });
  const away = list.notReached.map((name) => `${name} was not reached: a copy in it stays.`);
  const exceptions = [...left, ...away, ...sentences];
  desk.show({
    phase: exceptions.length === 0 ? 'deleted' : 'deleted with exceptions',
    sentences: exceptions,
  });
  const result = exceptions.length === 0 ? 'passed' : 'passed-with-exceptions';
  recordOutcome(result);
  return { ...ending(desk.state()), result, outcome: 'deleted', exceptions };
}

function ending({ backups, list, requester, approvals, copies }: DeletionProgress) {
  return { backups, sha256: list?.sha256 ?? '', requester, approvals, copies };
}

/** The end of a request that was cancelled, or that too few approved in time. */
async function endWithout(desk: Desk): Promise<DeletionResult> {
  const { cancelled, approvals, rule } = desk.state();
  const sentence =
    cancelled === null
      ? `${approvals.length} of ${rule.approvals} had approved when the request expired.`
      : `${cancelled.by} cancelled it: ${cancelled.reason}`;
  desk.show({ sentences: [sentence] });
  await desk.tell({
    action: 'deletion.cancelled',
    outcome: 'done',
    reason: cancelled?.reason ?? sentence,
    ...(cancelled === null ? {} : { person: cancelled.by }),
  });
  recordOutcome('aborted');
  const outcome = cancelled === null ? 'expired' : 'cancelled';
  return { ...ending(desk.state()), result: 'aborted', outcome, exceptions: [sentence] };
}

/** The end by a refusal, a fault, or a cancellation in Temporal. */
async function giveUp(error: unknown, desk: Desk): Promise<void> {
  const { code, sentence } = reasonOf(error);
  const cancelled = isCancellation(error);
  desk.show({
    phase: cancelled ? 'cancelled' : code === 'refused' ? 'refused' : 'failed',
    sentences: [cancelled ? 'It was cancelled in Temporal.' : sentence],
  });
  recordOutcome(cancelled ? 'aborted' : 'failed');
  const { requester, phase } = desk.state();
  if (cancelled)
    await desk.tell({ action: 'deletion.cancelled', outcome: 'done', reason: 'cancelled in Temporal' });
  else if (phase === 'refused')
    await desk.tell({ action: 'deletion.refused', outcome: 'refused', person: requester, reason: sentence });
}
