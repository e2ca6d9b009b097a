import { condition, isCancellation } from '@temporalio/workflow';
import type { ResolvedStep } from '../../policy/resolved-failover.ts';
import { formatDuration } from '../../policy/units.ts';
import { tryAnnounce } from '../alerting.ts';
import type { StepLook } from '../contract-failover-steps.ts';
import { reasonOf } from '../failures.ts';
import { shortened } from '../shortened.ts';
import { answered, prefixOf, put } from './asking.ts';
import { speak, withMessage } from './communicate.ts';
import { faultsIn, whyAskAgain } from './facts.ts';
import { now, type Run } from './run.ts';
import { attempt, begin, fail, isReady, pass, resume, stepIn, withStep } from './state.ts';
import { doneByWorker, isOfWorkers, lookAt, nothingSeen } from './worker-steps.ts';

/** What became of one try: the step is over, or a sentence why it failed. */
type Tried = { over: true } | { over: false; sentence: string };

/** In the audit log; the report has all of it. */
const longestReason = 500;

const over: Tried = { over: true };
const failed = (sentence: string): Tried => ({ over: false, sentence });

/**
 * Takes one step from its turn to its end. What fails holds this step's branch alone, and asks: retry, skip, the word of
 * somebody that it is done, or abort.
 */
export async function carry(run: Run, step: ResolvedStep): Promise<void> {
  const { desk } = run;
  await condition(() => isReady(desk.state(), step));
  desk.change((state) => begin(state, step.id, now()));
  // What was approved stays so for another try, as long as it does not get worse.
  const memory: Memory = { approved: null };
  for (;;) {
    const tried = await attempted(run, step, memory);
    if (tried.over) return recordEnd(run, step);
    const reason = shortened(tried.sentence, longestReason);
    desk.tell({ action: 'failover.step', outcome: 'failed', step: step.id, reason });
    desk.change((state) => fail(state, step.id, now(), tried.sentence));
    const answer = await answered(run, step);
    if (answer.kind === 'ended') return recordEnd(run, step);
    desk.change((state) => withStep(resume(state, step.id), step.id, { chosen: null }));
  }
}

function recordEnd({ desk }: Run, { id }: ResolvedStep): void {
  const step = stepIn(desk.state(), id);
  if (step === undefined) return;
  const last = step.sentences.at(-1);
  const reason = last === undefined ? undefined : shortened(last, longestReason);
  desk.tell({ action: 'failover.step', outcome: 'done', step: id, reason, facts: { state: step.state } });
}

type Memory = { approved: StepLook | null };

async function attempted(run: Run, step: ResolvedStep, memory: Memory): Promise<Tried> {
  try {
    // A tabletop touches nothing, not even by looking (law 9).
    const looks = run.input.mode !== 'tabletop' && isOfWorkers(step);
    const seen = looks ? await lookAt(run, step) : nothingSeen;
    const look =
      step.do === 'communicate' ? await withMessage(run, step, seen, memory.approved !== null) : seen;
    // A step that is repeated, or taken back, must know what was there before its first try.
    if (stepIn(run.desk.state(), step.id)?.attempts === 0)
      run.desk.change((state) => withStep(state, step.id, { facts: look.facts }));
    const faults = faultsIn(look);
    if (faults.length > 0) return failed(faults.join(' '));
    const decided = await approved(run, step, memory, look, looks);
    return decided ?? (await done(run, step));
  } catch (error) {
    if (isCancellation(error)) throw error;
    return failed(reasonOf(error).sentence);
  }
}

/** Null when the step may be done: chosen and approved for what is true now. */
async function approved(
  run: Run,
  step: ResolvedStep,
  memory: Memory,
  first: StepLook,
  looks: boolean,
): Promise<Tried | null> {
  const { desk, input } = run;
  const rpo = input.runbook.tier?.rpo ?? null;
  const choosing = first.choices.length > 0;
  if (!choosing && !step.approve && step.do !== 'approve') return null;
  let look = first;
  let why = memory.approved === null ? null : whyAskAgain(memory.approved, look, rpo);
  if (memory.approved !== null && why === null && !choosing) return null;
  for (;;) {
    const again = why === null ? '' : `${why} `;
    const kind = choosing ? 'choice' : 'approval';
    await put(run, step, { kind, sentence: `${again}${choosing ? 'Choose how to go on.' : 'Go on?'}` }, look);
    const answer = await answered(run, step);
    if (answer.kind === 'ended') return over;
    if (answer.kind === 'rejected') return failed(answer.sentence);
    const seen = looks ? await lookAt(run, step) : look;
    why = whyAskAgain(look, seen, rpo);
    if (why === null) {
      memory.approved = look;
      return null;
    }
    const [fault] = faultsIn(seen);
    if (fault !== undefined) return failed(fault);
    look = seen;
    desk.note(step.id, `Asked again: ${why}`);
  }
}

async function done(run: Run, step: ResolvedStep): Promise<Tried> {
  const { desk, input } = run;
  if (step.do === 'approve') {
    const by =
      stepIn(desk.state(), step.id)
        ?.approvals.map((approval) => approval.by)
        .join(', ') ?? '';
    desk.change((state) =>
      pass(state, step.id, now(), { exceptions: [], results: [], sentence: `Approved by ${by}.` }),
    );
    return over;
  }
  desk.change((state) => attempt(state, step.id));
  if (isMadeToFail(run, step)) return failed('The owner of this drill lets the first attempt fail.');
  if (input.mode === 'tabletop' || step.do === 'manual') return deed(run, step);
  if (step.do === 'wait') return waited(run, step, step.seconds);
  if (step.do === 'notify') return told(run, step);
  const report = await (step.do === 'communicate' ? speak(run, step) : doneByWorker(run, step));
  if (report !== null) desk.change((state) => pass(state, step.id, now(), report));
  return over;
}

function isMadeToFail({ input, desk }: Run, { id }: ResolvedStep): boolean {
  const first = stepIn(desk.state(), id)?.attempts === 1;
  return first && (input.drill?.inject.some((each) => each.what === 'fail' && each.step === id) ?? false);
}

/** A person does it, or in a tabletop says what they would do. */
async function deed(run: Run, step: ResolvedStep): Promise<Tried> {
  const { does } = stepIn(run.desk.state(), step.id) ?? { does: '' };
  await put(run, step, { kind: 'deed', sentence: step.say === '' ? does : step.say });
  await answered(run, step);
  return over;
}

async function waited(run: Run, step: ResolvedStep, seconds: number): Promise<Tried> {
  await put(run, step, { kind: 'deed', sentence: `Goes on by itself after ${formatDuration(seconds)}.` });
  if ((await answered(run, step, seconds)) !== null) return over;
  const sentence = `Waited for ${formatDuration(seconds)}.`;
  run.desk.change((state) =>
    pass(resume(state, step.id), step.id, now(), { exceptions: [], results: [], sentence }),
  );
  return over;
}

async function told({ desk, input }: Run, step: ResolvedStep & { do: 'notify' }): Promise<Tried> {
  const { id, say, severity, roles } = step;
  const untold =
    input.alertZone === undefined
      ? 'Nobody was told: the policy has no alerts that this run can reach.'
      : await tryAnnounce(input.alertZone, {
          severity,
          subject: `${desk.state().shown.workflowId}/${id}`,
          sentence: `${prefixOf(input.mode)}${say}`,
          ...(roles.length === 0 ? {} : { roles }),
        });
  const exceptions = untold === null ? [] : [untold];
  const sentence = untold === null ? `Told ${roles.join(', ') || 'everybody concerned'}.` : '';
  desk.change((state) => pass(state, id, now(), { exceptions, results: [], sentence }));
  return over;
}
