import type { ResolvedStep } from '../../policy/resolved-failover.ts';
import { type Fact, knownFacts, type StepProgress, type StepUndoing } from '../contract-failover.ts';
import { reasonOf } from '../failures.ts';
import { everyStep } from './asked.ts';
import { undoOrder } from './graph.ts';
import { now, type Run } from './run.ts';
import { isOver, leave, undo } from './state.ts';
import { isOfWorkers, undone } from './worker-steps.ts';

export type Undone = { undone: string[]; left: string[] };

/**
 * Takes back what was done, the last thing first, and goes on after what can't be taken back. In a rehearsal this is how
 * it ends, however it went: what it made is destroyed and seen to be gone (law 13).
 */
export async function undoAll(run: Run): Promise<Undone> {
  const { desk, input } = run;
  const result: Undone = { undone: [], left: [] };
  const { steps } = desk.state().shown;
  const done = steps.filter(({ attempts }) => attempts > 0);
  // Done on somebody's word: nothing here takes it back.
  const byWord = steps.filter((step) => step.attempts === 0 && isPassed(step));
  const left: Left = Object.fromEntries(byWord.map((shown) => [shown.id, leftFacts(shown)]));
  for (const shown of undoOrder(done)) {
    const step = everyStep(input.runbook, desk.state().shown).find(({ id }) => id === shown.id);
    if (step === undefined || !isOfWorkers(step) || input.mode === 'tabletop') continue;
    if ((await undoOne(run, step, shown, { result, left })) === 'not-undoable')
      left[shown.id] = leftFacts(shown);
  }
  return result;
}

/** Actions that stay done, by step. */
type Left = Record<string, Fact[]>;

const leftFacts = (shown: StepProgress): Fact[] => [{ name: knownFacts.left, value: shown.do }];

const isPassed = ({ state }: StepProgress): boolean =>
  state === 'passed' || state === 'passed-with-exceptions';

async function undoOne(
  run: Run,
  step: ResolvedStep,
  shown: StepProgress,
  { result, left }: { result: Undone; left: Left },
): Promise<StepUndoing['outcome']> {
  const { desk } = run;
  const became = await undone(run, step, left).catch(
    (error: unknown): StepUndoing => ({
      outcome: 'not-undoable',
      sentence: `It could not be taken back: ${reasonOf(error).sentence}`,
    }),
  );
  const sentence = `${step.id}: ${became.sentence}`;
  if (became.outcome === 'undone') result.undone.push(sentence);
  if (became.outcome === 'not-undoable') result.left.push(sentence);
  // What passed in a rehearsal has passed, also once its scratch is gone.
  const stays = desk.state().shown.aborted === null && isOver(shown);
  if (stays) desk.note(step.id, became.sentence);
  else desk.change((state) => undo(state, step.id, now(), became));
  return became.outcome;
}

/** The end of steps that an abort found under way or before their turn. */
export function leaveRest({ desk }: Run): void {
  for (const step of desk.state().shown.steps)
    if (!isOver(step)) desk.change((state) => leave(state, step.id));
}
