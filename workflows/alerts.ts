import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import {
  allHandlersFinished,
  condition,
  makeContinueAsNewFunc,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { openAlertsDesk } from './alerts-desk.ts';
import { taskQueueOf, workflowTypes } from './contract.ts';
import type { AlertsInput } from './contract-alerts.ts';

const kind = defineSearchAttributeKey('HoldfastKind', SearchAttributeType.KEYWORD);

/**
 * Keeps the alerts that are open, for as long as anybody observes anything: tells people, repeats, escalates, closes.
 * Between the messages it waits on one timer, for the next thing that is due. When its history has grown long, or
 * another zone is to keep the alerts, it goes on as a new run, with all that it knows.
 */
export async function alerts(input: AlertsInput): Promise<void> {
  upsertSearchAttributes([{ key: kind, value: workflowTypes.alerts }]);
  const desk = openAlertsDesk(input);
  for (;;) {
    desk.work();
    if (workflowInfo().continueAsNewSuggested || desk.zone() !== null) break;
    await desk.pause();
  }
  await condition(() => desk.idle() && allHandlersFinished());
  // Nothing may be awaited between this and the end: what is heard in between would be lost.
  const zone = desk.zone();
  const again = makeContinueAsNewFunc<typeof alerts>(zone === null ? {} : { taskQueue: taskQueueOf(zone) });
  await again(desk.carried());
}
