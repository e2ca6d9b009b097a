import type { ResolvedStep } from '../../policy/resolved-failover.ts';
import type { StepProgress } from '../contract-failover.ts';
import { type Fact, knownFacts, type StepUndoing } from '../contract-failover-steps.ts';
import { reasonOf } from '../failures.ts';
import { everyStep } from './asked.ts';
import { promotionBehind, undoOrder } from './graph.ts';
import { now, type Run } from './run.ts';
import { isOver, leave, undo, withException } from './state.ts';
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
  const stopped: { step: ResolvedStep; shown: StepProgress }[] = [];
  for (const shown of undoOrder(done)) {
    const step = everyStep(input.runbook, desk.state().shown).find(({ id }) => id === shown.id);
    if (step === undefined || !isOfWorkers(step) || input.mode === 'tabletop') continue;
    const outcome = await undoOne(run, step, shown, { result, left });
    if (outcome === 'not-undoable') left[shown.id] = leftFacts(shown);
    if (outcome === 'undone' && followsAgain(run, step)) stopped.push({ step, shown });
  }
  // Only now, since what they follow was fenced, and is given back after them.
  for (const { step, shown } of stopped)
    await undoOne(run, step, shown, { result, left: { [step.id]: [againFact] } });
  return result;
}

/** Whether a drill promoted a server that is to follow another one again. */
const followsAgain = ({ input }: Run, step: ResolvedStep): boolean =>
  input.mode === 'drill' && 'drillPrimary' in step && step.drillPrimary !== undefined;

const againFact: Fact = { name: knownFacts.again, value: 'what it follows was given back' };

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
  const became = namesWhatStays(run, step) ?? (await undone(run, step, left).catch(notTakenBack));
  const sentence = `${step.id}: ${became.sentence}`;
  if (became.outcome === 'undone') result.undone.push(sentence);
  if (became.outcome === 'not-undoable') result.left.push(sentence);
  if (became.outcome === 'not-undoable' && run.input.mode === 'drill' && isOfServers(step))
    desk.change((state) => withException(state, sentence));
  // What passed in a rehearsal has passed, also once its scratch is gone.
  const stays = desk.state().shown.aborted === null && isOver(shown);
  if (stays) desk.note(step.id, became.sentence);
  else desk.change((state) => undo(state, step.id, now(), became));
  return became.outcome;
}

const notTakenBack = (error: unknown): StepUndoing => ({
  outcome: 'not-undoable',
  sentence: `It could not be taken back: ${reasonOf(error).sentence}`,
});

/** A name that leads to what was promoted stays with it: what it led to before was fenced, and stays so. */
function namesWhatStays({ desk, input }: Run, step: ResolvedStep): StepUndoing | null {
  if (input.mode !== 'real') return null;
  const { steps } = desk.state().shown;
  const isDone = (id: string) => steps.some((shown) => shown.id === id && isPassed(shown));
  const promotion = promotionBehind(step, input.runbook.steps, isDone);
  return promotion === null
    ? null
    : {
        outcome: 'not-undoable',
        sentence: `The name stays as it is, since the promotion by ${promotion} stays.`,
      };
}

/** What a drill did to its own servers and leaves so hinders the next one. */
const isOfServers = ({ do: action }: ResolvedStep): boolean =>
  action === 'postgres.fence' || action === 'postgres.promote' || action === 'postgres.recover';

/** The end of steps that an abort found under way or before their turn. */
export function leaveRest({ desk }: Run): void {
  for (const step of desk.state().shown.steps)
    if (!isOver(step)) desk.change((state) => leave(state, step.id));
}
