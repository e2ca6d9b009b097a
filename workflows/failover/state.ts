/**
 * The state of a run, and what becomes of it when a step goes on. Pure: nothing here knows of Temporal, so that what can
 * happen in any order is tested in any order. What people say is judged in `messages.ts`.
 */
import type { ResolvedStep, RunMode } from '../../policy/resolved-failover.ts';
import type { FailoverInput, FailoverProgress, RunEvent, StepProgress } from '../contract-failover.ts';
import type { Fact, StepLook, StepReport, StepUndoing } from '../contract-failover-steps.ts';
import type { Expectation } from '../contract-rehearsal.ts';
import { describeStep } from './does.ts';
import { dueOf } from './due.ts';
import { areNeedsMet } from './graph.ts';
import { withEntry } from './timeline.ts';

/** What people answered to what a step waits for. `ended`: the step is over by their word. */
export type StepAnswer =
  | { kind: 'approved' | 'chosen' | 'retry' | 'ended' }
  | { kind: 'rejected'; sentence: string };

/** What is shown, and answers that the run has not taken up yet. */
export type RunState = { shown: FailoverProgress; answers: Readonly<Record<string, StepAnswer>> };

/** What a step waits for, and for approvals and choices what they are bound to. */
export type Question = {
  kind: 'approval' | 'deed' | 'choice' | 'decision';
  sentence: string;
  bound?: { look: StepLook; text: string; hash: string };
};

export function openingState(
  input: FailoverInput,
  run: { workflowId: string; runId: string; declaredAt: string },
): RunState {
  const { runbook, mode, person, reason, drill } = input;
  const leads = input.people.some(({ name, roles }) => name === person && roles.includes(runbook.commander));
  return {
    shown: {
      workflowId: run.workflowId,
      runId: run.runId,
      runbook: runbook.name,
      version: runbook.version,
      mode,
      class: input.disaster?.class ?? runbook.class,
      ...(input.disaster === undefined ? {} : { disaster: input.disaster.name }),
      phase: 'preparing',
      declaredBy: person,
      declaredAt: run.declaredAt,
      reason,
      commander: leads ? person : null,
      commanders: runbook.commander,
      signatures: mode === 'real' ? runbook.signatures.real : runbook.signatures.drill,
      lost: runbook.lost,
      degraded: false,
      aborted: null,
      exceptions: [],
      ...(drill?.verdict === undefined ? {} : { expectations: drill.expect.map(unjudged) }),
      steps: runbook.steps.map((step) => openingStep(step, mode, run.declaredAt)),
      events: [],
      refused: [],
      lastDrill: null,
      lastCheck: input.lastCheck ?? null,
      rto: { target: runbook.tier?.rto ?? null, measured: null },
      rpo: { target: runbook.tier?.rpo ?? null, measured: null },
      result: null,
    },
    answers: {},
  };
}

const unjudged = (text: string): Expectation => ({ text, came: null, by: null, at: null, remark: null });

/** A step before its turn. */
export function openingStep(step: ResolvedStep, mode: RunMode, declaredAt: string): StepProgress {
  const dueAt = dueOf(step, declaredAt);
  return {
    id: step.id,
    do: step.do,
    phase: step.phase,
    role: step.role,
    needs: step.needs,
    state: 'pending',
    say: step.say,
    does: describeStep(step, mode),
    startedAt: null,
    endedAt: null,
    attempts: 0,
    waitsFor: null,
    facts: [],
    text: null,
    hash: null,
    choices: [],
    chosen: null,
    approvals: [],
    ...(step.approvals === undefined ? {} : { needed: step.approvals }),
    ...(dueAt === undefined ? {} : { dueAt }),
    sentences: [],
    results: [],
    output: null,
  };
}

/* ---- reading ---- */

export function stepIn({ shown }: RunState, id: string): StepProgress | undefined {
  return shown.steps.find((step) => step.id === id);
}

const ends: ReadonlySet<StepProgress['state']> = new Set([
  'passed',
  'passed-with-exceptions',
  'skipped',
  'undone',
  'not-reached',
]);

export const isOver = ({ state }: Pick<StepProgress, 'state'>): boolean => ends.has(state);

/** Whether a step's turn has come. */
export const isReady = ({ shown }: RunState, { id, needs }: Pick<StepProgress, 'id' | 'needs'>): boolean =>
  shown.steps.some((step) => step.id === id && step.state === 'pending') &&
  areNeedsMet({ id, needs }, shown.steps);

/* ---- changing ---- */

/** The state with a changed step. @throws RangeError when there is none: an internal fault */
export function withStep(state: RunState, id: string, changes: Partial<StepProgress>): RunState {
  if (stepIn(state, id) === undefined) throw new RangeError(`the run has no step ${id}`);
  const steps = state.shown.steps.map((step) => (step.id === id ? { ...step, ...changes } : step));
  return { ...state, shown: { ...state.shown, steps, phase: phaseOf(state.shown.phase, steps) } };
}

/** A run asks while one of its steps does. */
function phaseOf(
  phase: FailoverProgress['phase'],
  steps: readonly StepProgress[],
): FailoverProgress['phase'] {
  if (phase !== 'running' && phase !== 'asking') return phase;
  return steps.some(({ state }) => state === 'asking') ? 'asking' : 'running';
}

export function withEvent(state: RunState, event: RunEvent): RunState {
  return { ...state, shown: { ...state.shown, events: withEntry(state.shown.events, event) } };
}

export function withException(state: RunState, sentence: string): RunState {
  return { ...state, shown: { ...state.shown, exceptions: [...state.shown.exceptions, sentence] } };
}

export const withAnswer = (state: RunState, id: string, answer: StepAnswer): RunState => ({
  ...state,
  answers: { ...state.answers, [id]: answer },
});

/** The state after an answer was taken up. */
export function withoutAnswer(state: RunState, id: string): RunState {
  const { [id]: _, ...answers } = state.answers;
  return { ...state, answers };
}

/** A step's turn has come. @throws RangeError when it has not: an internal fault */
export function begin(state: RunState, id: string, at: string): RunState {
  const step = stepIn(state, id);
  if (step === undefined || !isReady(state, step)) throw new RangeError(`it is not the turn of ${id}`);
  return withEvent(withStep(state, id, { state: 'running', startedAt: at }), said(at, id, 'begins'));
}

/** A step waits for people. @throws RangeError when its turn has not come or is over */
export function ask(state: RunState, id: string, at: string, question: Question): RunState {
  requireUnderWay(state, id);
  const { kind, sentence, bound } = question;
  const asked = withStep(withoutAnswer(state, id), id, {
    state: kind === 'decision' ? 'asking' : 'waiting',
    waitsFor: { kind, since: at, sentence },
    // Approvals are of these facts; those of others stay in the timeline.
    ...(bound === undefined
      ? {}
      : {
          facts: bound.look.facts,
          choices: bound.look.choices,
          text: bound.text,
          hash: bound.hash,
          approvals: [],
        }),
  });
  return withEvent(asked, said(at, id, sentence));
}

/** A step is being done, once more than before. */
export function attempt(state: RunState, id: string): RunState {
  const { attempts } = requireUnderWay(state, id);
  return withStep(state, id, { state: 'running', waitsFor: null, attempts: attempts + 1 });
}

/** A step goes on without having been tried: what it waited for is there. */
export function resume(state: RunState, id: string): RunState {
  requireUnderWay(state, id);
  return withStep(withoutAnswer(state, id), id, { state: 'running', waitsFor: null });
}

/** A step is done and checked. Law 11: with exceptions it has not simply passed. */
export function pass(
  state: RunState,
  id: string,
  at: string,
  report: Omit<StepReport, 'output'> & { output?: string | null },
): RunState {
  const { sentences, results } = requireUnderWay(state, id);
  const { exceptions, sentence } = report;
  const passed = withStep(withoutAnswer(state, id), id, {
    state: exceptions.length === 0 ? 'passed' : 'passed-with-exceptions',
    endedAt: at,
    waitsFor: null,
    sentences: [...sentences, sentence, ...exceptions].filter((text) => text !== ''),
    results: merged(results, report.results),
    ...(report.output === undefined || report.output === null ? {} : { output: report.output }),
  });
  const told = withEvent(passed, said(at, id, sentence === '' ? 'passed' : sentence));
  return exceptions.reduce((next, exception) => withException(next, `${id}: ${exception}`), told);
}

/** A step failed: it holds its branch, and asks. */
export function fail(state: RunState, id: string, at: string, sentence: string): RunState {
  const { sentences } = requireUnderWay(state, id);
  const noted = withStep(state, id, { sentences: [...sentences, sentence].slice(-20) });
  return ask(noted, id, at, { kind: 'decision', sentence });
}

/** What became of a step that was to be undone. */
export function undo(state: RunState, id: string, at: string, { outcome, sentence }: StepUndoing): RunState {
  const step = stepIn(state, id);
  const changes: Partial<StepProgress> = {
    ...(outcome === 'undone' ? { state: 'undone' as const } : {}),
    waitsFor: null,
    endedAt: step?.endedAt ?? at,
    sentences: [...(step?.sentences ?? []), sentence],
  };
  return withEvent(withStep(state, id, changes), said(at, id, sentence));
}

/** The end of what was never begun, and of what an abort found under way. */
export function leave(state: RunState, id: string): RunState {
  return withStep(state, id, { state: 'not-reached', waitsFor: null });
}

/** @throws RangeError for a step that has not begun, or is over */
function requireUnderWay(state: RunState, id: string): StepProgress {
  const step = stepIn(state, id);
  if (step === undefined || step.state === 'pending' || isOver(step))
    throw new RangeError(`${id} is not under way: it is ${step?.state ?? 'unknown'}`);
  return step;
}

/** What was found last counts. */
function merged(before: readonly Fact[], found: readonly Fact[]): Fact[] {
  const names = new Set(found.map(({ name }) => name));
  return [...before.filter(({ name }) => !names.has(name)), ...found];
}

const said = (at: string, step: string, sentence: string): RunEvent => ({ at, by: null, step, sentence });
