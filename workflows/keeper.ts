import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import {
  allHandlersFinished,
  condition,
  makeContinueAsNewFunc,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { taskQueueOf } from './contract.ts';

const kind = defineSearchAttributeKey('HoldfastKind', SearchAttributeType.KEYWORD);

/** Where a workflow that keeps something for ever hears of it, and acts. */
export type KeeperDesk<Input> = {
  /** Does what is due now, beside what goes on. */
  work(): void;
  /** Until something is heard, or due. */
  pause(): Promise<void>;
  /** Whether nothing goes on. */
  idle(): boolean;
  /** Another zone that is to keep it from now on; null: nobody wants that. */
  zone(): string | null;
  /** The input of the run that goes on. */
  carried(): Input;
};

/**
 * Keeps something for ever: works, and waits on one timer for the next thing that is due. When its history has grown long,
 * or another zone is to keep it, it goes on as a new run, with all that it knows.
 *
 * @param type the workflow's own
 */
export async function keepOn<Input>(type: string, open: () => KeeperDesk<Input>): Promise<void> {
  upsertSearchAttributes([{ key: kind, value: type }]);
  const desk = open();
  for (;;) {
    desk.work();
    if (workflowInfo().continueAsNewSuggested || desk.zone() !== null) break;
    await desk.pause();
  }
  await condition(() => desk.idle() && allHandlersFinished());
  // Nothing may be awaited between this and the end: what is heard in between would be lost.
  const zone = desk.zone();
  const again = makeContinueAsNewFunc<(input: Input) => Promise<void>>(
    zone === null ? {} : { taskQueue: taskQueueOf(zone) },
  );
  await again(desk.carried());
}
