import {
  allHandlersFinished,
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  isCancellation,
  setHandler,
} from '@temporalio/workflow';
import {
  type Held,
  heldSignal,
  type ProtectInput,
  releaseSignal,
  type Wanted,
  wantedSignal,
  type YieldTo,
  yieldSignal,
} from '../contract-failover-messages.ts';
import { textIn } from '../hear.ts';

/**
 * Holds a source for one run: Temporal lets one workflow run under an id. It ends with its run, at the latest when that is
 * closed. Who else wants it is told who has it; a rehearsal is told that a real run wants it.
 */
export async function protect(input: ProtectInput): Promise<void> {
  const { mode, holder } = input;
  let released = false;
  setHandler(defineSignal(releaseSignal), () => {
    released = true;
  });
  setHandler(defineSignal<[Wanted | undefined]>(wantedSignal), async (sent) => {
    const by = textIn(sent, 'by');
    const wanted = textIn(sent, 'mode');
    if (by === null || wanted === null) return;
    await send(() => getExternalWorkflowHandle(by).signal(defineSignal<[Held]>(heldSignal), input));
    if (wanted !== 'real' || mode === 'real') return;
    const told: YieldTo = { workflowId: by };
    await send(() => getExternalWorkflowHandle(holder).signal(defineSignal<[YieldTo]>(yieldSignal), told));
  });
  await condition(() => released);
  await condition(allHandlersFinished);
}

/** Whoever has ended meanwhile needs no answer. */
async function send(signal: () => Promise<void>): Promise<void> {
  try {
    await signal();
  } catch (error) {
    if (isCancellation(error)) throw error;
  }
}
