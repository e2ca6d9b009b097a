import { condition } from '@temporalio/workflow';
import type { ResolvedStep, StepOf } from '../../policy/resolved-failover.ts';
import type { StepLook, StepReport } from '../contract-failover-steps.ts';
import type { FilledMessage } from '../contract-failover-telling.ts';
import { activitiesIn, patient } from '../proxies.ts';
import { shortened } from '../shortened.ts';
import { askedStep } from './asked.ts';
import { answered, put } from './asking.ts';
import { factsOfMessage, fillMessage, rulesFor, sealedText, wordsOf } from './message-fill.ts';
import { now, type Run } from './run.ts';
import { stepIn, withStep } from './state.ts';

type Speaking = StepOf<'communicate'>;

/**
 * The look at a step that sends a message, with the message as it would be sent. What somebody has approved stays as it
 * is, also when it is tried again (law 8).
 */
export async function withMessage(
  run: Run,
  step: Speaking,
  look: StepLook,
  approved: boolean,
): Promise<StepLook> {
  const { desk, input } = run;
  const before = stepIn(desk.state(), step.id);
  const kept = approved ? before?.message : undefined;
  const message = kept ?? (await filled(run, step, before?.asked?.note ?? null));
  desk.change((state) => withStep(state, step.id, { message }));
  return { ...look, facts: [...factsOfMessage(message), ...look.facts] };

  async function filled({ desk: { state } }: Run, { message: plan }: Speaking, note: string | null) {
    const text = fillMessage(plan, { input, shown: state().shown }, now(), note);
    const limits = { within: 300, attempts: 5, patience: patient, urgent: true };
    const sha256 = await activitiesIn(input.runbook.zone, limits).sealText({ text: sealedText(text) });
    return { ...text, sha256 };
  }
}

/** A channel that is away is tried again for some minutes; then people decide. */
const tries = 8;

/**
 * Sends precisely what was approved, or asks a person to; null when people have ended the step by their word.
 *
 * @throws ActivityFailure when it could not be sent
 */
export async function speak(run: Run, step: Speaking): Promise<StepReport | null> {
  const message = stepIn(run.desk.state(), step.id)?.message;
  if (message === undefined) throw new RangeError(`${step.id} has no message yet`);
  if (message.way === 'by-hand') return byHand(run, step, message);
  if (message.way === 'nowhere') return simulated(message);
  const { input, desk } = run;
  const rules = rulesFor(input.runbook, step.message, input.mode);
  if (rules === undefined || message.channel === null) throw new RangeError(`${step.id} has no channel`);
  const { workflowId, runId } = desk.state().shown;
  const limits = { within: step.timeout, attempts: tries, patience: patient, urgent: true };
  const { refused } = await activitiesIn(step.zone, limits).sendMessage({
    rules: { ...rules, routes: [] },
    message,
    messageId: `${runId}-${step.id.replaceAll('/', '-')}-${message.sha256.slice(0, 8)}`,
    run: { workflowId, runId, mode: input.mode, organization: input.organization },
  });
  return {
    exceptions: refused.map((address) => `${address} was refused by the mail server.`),
    ...wentOut(run, step, message, wordsOf(message)),
  };
}

/** Notes when and how it went out, for reports and for the audit log. */
function wentOut(
  { desk }: Run,
  { id }: Speaking,
  message: FilledMessage,
  how: string,
): Pick<StepReport, 'results' | 'sentence' | 'output'> {
  const sentAt = now();
  desk.change((state) => withStep(state, id, { message: { ...message, sentAt } }));
  desk.tell({
    action: 'failover.told',
    outcome: 'done',
    step: id,
    hash: message.sha256,
    facts: { message: message.name, audience: message.audience, how: shortened(how, 500) },
  });
  const sentence = `Sent to ${message.audience}, ${how}.`;
  return { sentence, results: [{ name: 'sent at', value: sentAt }], output: null };
}

const simulated = ({ audience }: FilledMessage): StepReport => ({
  exceptions: [`Simulated: nothing was sent to ${audience}, since this drill has no channel.`],
  results: [],
  sentence: '',
  output: null,
});

/** A person copies what was approved, and says so with what shows it. */
async function byHand(run: Run, step: Speaking, message: FilledMessage): Promise<null> {
  const sentence = `Copy the message ${message.name} as it was approved, send it to ${message.audience}, and say where it can be seen.`;
  await put(run, step, { kind: 'deed', sentence });
  await answered(run, step);
  const after = stepIn(run.desk.state(), step.id);
  if (after?.state === 'passed') wentOut(run, step, message, 'by hand');
  return null;
}

/**
 * Carries steps to their end, and beside them the messages that people ask for on the way; those are waited for as well.
 */
export async function carrySteps(
  run: Run,
  carry: (run: Run, step: ResolvedStep) => Promise<void>,
): Promise<PromiseSettledResult<void>[]> {
  const { desk, input } = run;
  let over = 0;
  const begin = (step: ResolvedStep) =>
    carry(run, step).finally(() => {
      over += 1;
    });
  const begun = input.runbook.steps.map(begin);
  const asked = () => desk.state().shown.steps.slice(input.runbook.steps.length);
  const isNew = () => asked().length > begun.length - input.runbook.steps.length;
  const asking = async () => {
    for (;;) {
      await condition(() => isNew() || over === begun.length);
      const next = asked()[begun.length - input.runbook.steps.length];
      if (next === undefined) return;
      const step = askedStep(input.runbook, next);
      if (step === undefined) throw new RangeError(`${next.id} sends no message of the plan`);
      begun.push(begin(step));
    }
  };
  const [others] = await Promise.allSettled([asking()]);
  return [...(await Promise.allSettled(begun)), others];
}
