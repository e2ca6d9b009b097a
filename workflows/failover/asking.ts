import { condition } from '@temporalio/workflow';
import type { ResolvedStep } from '../../policy/resolved-failover.ts';
import { tryAnnounce } from '../alerting.ts';
import type { StepLook } from '../contract-failover-steps.ts';
import { activitiesIn, patient } from '../proxies.ts';
import { secondsToReminder } from './reminders.ts';
import { now, type Run } from './run.ts';
import { ask, type Question, type StepAnswer, stepIn, withEvent, withoutAnswer } from './state.ts';
import { stepText } from './text.ts';

/** From so many reminders on, whoever the step names is told as well. */
const patientReminders = 3;

/** Puts a question to people, with the text and hash that an approval or a choice of it is bound to. */
export async function put(
  run: Run,
  step: ResolvedStep,
  question: Omit<Question, 'bound'>,
  look?: StepLook,
): Promise<void> {
  const { desk, input } = run;
  if (look === undefined) return desk.change((state) => ask(state, step.id, now(), question));
  const { shown } = desk.state();
  const asked = stepIn(desk.state(), step.id);
  if (asked === undefined) throw new RangeError(`the run has no step ${step.id}`);
  const text = stepText({ ...shown, organization: input.organization }, asked, look, now());
  const limits = { within: 300, attempts: 5, patience: patient, urgent: true };
  const hash = await activitiesIn(input.runbook.zone, limits).sealText({ text });
  desk.change((state) => ask(state, step.id, now(), { ...question, bound: { look, text, hash } }));
}

/**
 * Waits for the answer to what a step asks, and takes it up: once. Reminds the step's role, and from the third reminder on
 * whom it names for that as well.
 *
 * @param seconds what is asked ends by itself after so long: null then
 */
export async function answered(run: Run, step: ResolvedStep): Promise<StepAnswer>;
export async function answered(run: Run, step: ResolvedStep, seconds: number): Promise<StepAnswer | null>;
export async function answered(run: Run, step: ResolvedStep, seconds?: number): Promise<StepAnswer | null> {
  const { desk } = run;
  const answer = () => desk.state().answers[step.id];
  if (seconds !== undefined) await condition(() => answer() !== undefined, seconds * 1000);
  else {
    for (let asked = 0; answer() === undefined; asked += 1) {
      desk.beside(remind(run, step, asked));
      await condition(() => answer() !== undefined, secondsToReminder(step, asked) * 1000);
    }
  }
  const given = answer();
  if (given === undefined) return null;
  desk.change((state) => withoutAnswer(state, step.id));
  return given;
}

/** Tells whoever is waited for; a sentence where nobody could be told. */
function remind({ input, desk }: Run, step: ResolvedStep, asked: number): Promise<string | null> {
  const { shown } = desk.state();
  const waits = stepIn(desk.state(), step.id)?.waitsFor;
  if (waits === null || waits === undefined) return Promise.resolve(null);
  const roles = [
    step.role,
    ...(waits.kind === 'decision' ? [shown.commanders] : []),
    ...(asked >= patientReminders && step.escalate !== undefined ? [step.escalate] : []),
  ];
  const sentence = `Reminded ${[...new Set(roles)].join(', ')}, ${asked} times by now.`;
  const reminder = { at: now(), by: null, step: step.id, sentence, reminds: true } as const;
  if (asked > 0) desk.change((state) => withEvent(state, reminder));
  const again = asked === 0 ? '' : ` Asked ${asked + 1} times by now.`;
  return tryAnnounce(input.alertZone, {
    severity: input.mode === 'real' ? 'critical' : 'info',
    subject: `${shown.workflowId}/${step.id}`,
    roles: [...new Set(roles)],
    sentence: `${prefixOf(input.mode)}${step.id} waits for ${step.role}: ${waits.sentence}${again} Look with \`holdfast failover status ${shown.workflowId}\`.`,
  });
}

/** So that nobody takes a rehearsal for the real thing. */
export const prefixOf = (mode: Run['input']['mode']): string =>
  mode === 'real' ? '' : `${mode.toUpperCase()}: `;
