import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { type Workflows, workflowTypes } from '../contract.ts';
import type { FailoverInput } from '../contract-failover.ts';
import {
  type Held,
  heldSignal,
  releaseSignal,
  type Wanted,
  wantedSignal,
} from '../contract-failover-messages.ts';
import { failWith } from '../failures.ts';
import { textIn } from '../hear.ts';
import type { Run } from './run.ts';

/** What a run protects from others, until it lets it go. */
export type Locks = { release(): Promise<void> };

/** How long a real run waits for a rehearsal to get out of the way, and for whoever holds a lock to answer; seconds. */
const patience = 120;
const answer = 20;
const pause = 2;

export const lockIdOf = (source: string): string => `protect/${source}`;

/** What a run holds: the sources that its runbook protects, and the runbook itself. */
function heldBy({ runbook, alone }: FailoverInput): string[] {
  return [...runbook.protects, ...(alone === true ? [`runbook/${runbook.name}`] : [])].sort();
}

/**
 * Takes every source that the runbook protects: one run at a time for each. A rehearsal that has one is told to stop, and
 * waited for; a real run is not held up for longer than two minutes by what is not real.
 *
 * @throws ApplicationFailure `already-exists` when a real run has it, or when this is a rehearsal
 */
export async function takeLocks(run: Run): Promise<Locks> {
  const held = new Map<string, Held>();
  setHandler(defineSignal<[Held | undefined]>(heldSignal), (told) => {
    if (told !== undefined && isHeld(told)) held.set(told.source, told);
  });
  const taken: { release(): Promise<void> }[] = [];
  const release = async () => {
    await Promise.all(taken.splice(0).map((lock) => lock.release()));
  };
  try {
    for (const source of heldBy(run.input)) {
      const lock = await take(run, source, held);
      if (lock !== null) taken.push(lock);
    }
    return { release };
  } catch (error) {
    await release();
    throw error;
  }
}

const isHeld = (told: unknown): boolean =>
  textIn(told, 'source') !== null && textIn(told, 'holder') !== null && textIn(told, 'mode') !== null;

/** One lock; null where a real run goes on without it, which is an exception. */
async function take({ input, desk }: Run, source: string, held: Map<string, Held>): Promise<Locks | null> {
  const { workflowId } = workflowInfo();
  const { mode } = input;
  const until = Date.now() + patience * 1000;
  for (;;) {
    const lock = await started(source, workflowId, mode);
    if (lock !== null) return lock;
    held.delete(source);
    const asked = await ask(source, { by: workflowId, mode });
    if (asked) await condition(() => held.has(source), answer * 1000);
    const holder = held.get(source);
    if (holder !== undefined && holder.holder !== workflowId && (holder.mode === 'real' || mode !== 'real'))
      throw failWith({
        code: 'already-exists',
        sentence: `${source} is being failed over by ${holder.holder} already: one run at a time for each.`,
      });
    if (Date.now() >= until) {
      const who =
        holder === undefined ? 'Nobody could say who holds it' : `${holder.holder} did not end in time`;
      if (mode !== 'real')
        throw failWith({ code: 'already-exists', sentence: `${source} is not free. ${who}.` });
      desk.beside(Promise.resolve(`The run goes on without being alone with ${source}. ${who}.`));
      return null;
    }
    if (holder !== undefined) desk.note(null, `Waits until ${holder.holder} has let ${source} go.`);
    await condition(() => false, pause * 1000);
  }
}

async function started(source: string, holder: string, mode: Run['input']['mode']): Promise<Locks | null> {
  try {
    // A run that is cancelled holds what it has until it has cleaned up, and lets it go itself.
    const child = await CancellationScope.nonCancellable(() =>
      startChild<Workflows['protect']>(workflowTypes.protect, {
        workflowId: lockIdOf(source),
        parentClosePolicy: ParentClosePolicy.TERMINATE,
        cancellationType: ChildWorkflowCancellationType.ABANDON,
        staticSummary: `${source} is held by ${holder}`.slice(0, 200),
        args: [{ source, holder, mode }],
      }),
    );
    return {
      release: async () => {
        try {
          await child.signal(defineSignal(releaseSignal));
          await child.result();
        } catch (error) {
          if (isCancellation(error)) throw error;
          // Ended by somebody: it is free.
        }
      },
    };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return null;
    throw error;
  }
}

/** Whether there was somebody to ask. */
async function ask(source: string, wanted: Wanted): Promise<boolean> {
  try {
    await getExternalWorkflowHandle(lockIdOf(source)).signal(defineSignal<[Wanted]>(wantedSignal), wanted);
    return true;
  } catch (error) {
    if (isCancellation(error)) throw error;
    return false;
  }
}
