import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import {
  allHandlersFinished,
  condition,
  makeContinueAsNewFunc,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { taskQueueOf, workflowTypes } from './contract.ts';
import type { FollowUpsInput } from './contract-follow-ups.ts';
import { openFollowUpsDesk } from './follow-ups-desk.ts';

const kind = defineSearchAttributeKey('HoldfastKind', SearchAttributeType.KEYWORD);

/**
 * Keeps what drills and failovers left to be done: reminds the owner on the day before, and has it told as an alert from
 * the end of its day until somebody closes it. When its history has grown long, or another zone is to keep them, it goes
 * on as a new run, with all that it knows.
 */
export async function followUps(input: FollowUpsInput): Promise<void> {
  upsertSearchAttributes([{ key: kind, value: workflowTypes.followUps }]);
  const desk = openFollowUpsDesk(input);
  for (;;) {
    desk.work();
    if (workflowInfo().continueAsNewSuggested || desk.zone() !== null) break;
    await desk.pause();
  }
  await condition(() => desk.idle() && allHandlersFinished());
  // Nothing may be awaited between this and the end: what is heard in between would be lost.
  const zone = desk.zone();
  const again = makeContinueAsNewFunc<typeof followUps>(
    zone === null ? {} : { taskQueue: taskQueueOf(zone) },
  );
  await again(desk.carried());
}
