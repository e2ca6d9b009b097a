/** Messages that people ask for on the way: each becomes a step of the run. Pure. */
import { suggest } from '../../policy/nearest.ts';
import { placeholdersIn } from '../../policy/placeholders.ts';
import { noteFact, type ResolvedMessage } from '../../policy/resolved-communication.ts';
import type { ResolvedRunbook, ResolvedStep } from '../../policy/resolved-failover.ts';
import type { FailoverProgress, StepProgress } from '../contract-failover.ts';
import type { MessageRequest } from '../contract-failover-messages.ts';
import type { Rules } from './messages.ts';
import { isOver, openingStep, type RunState } from './state.ts';

/** More messages than any disaster needs, and few enough for a history. */
const most = 50;

const messageNamed = (
  { communication }: Pick<ResolvedRunbook, 'communication'>,
  name: string,
): ResolvedMessage | undefined => communication?.messages.find((message) => message.name === name);

/** The step of a message that was asked for; undefined when the plan has no such message. */
export function askedStep(
  runbook: ResolvedRunbook,
  { id, asked }: Pick<StepProgress, 'id' | 'asked'>,
): ResolvedStep | undefined {
  const message = asked === undefined ? undefined : messageNamed(runbook, asked.sends);
  if (message === undefined) return undefined;
  return {
    id,
    phase: 'execute',
    role: message.role,
    needs: [],
    zone: runbook.zone,
    approve: true,
    say: '',
    timeout: 900,
    remind: 300,
    do: 'communicate',
    message,
  };
}

/** All steps of a run: the runbook's, and the messages that people asked for. */
export function everyStep(runbook: ResolvedRunbook, { steps }: FailoverProgress): ResolvedStep[] {
  return [...runbook.steps, ...steps.flatMap((shown) => askedStep(runbook, shown) ?? [])];
}

/** The run with one more step that sends what was asked for. @throws RangeError for a message that it has not */
export function withAsked(
  rules: Pick<Rules, 'runbook' | 'mode'>,
  state: RunState,
  { by, sends, note }: MessageRequest,
): { state: RunState; id: string } {
  const { shown } = state;
  const free = (count: number) => !shown.steps.some((step) => step.id === idOf(sends, count));
  let count = 1;
  while (!free(count)) count += 1;
  const id = idOf(sends, count);
  const asked = { by, sends, note: note ?? null };
  const step = askedStep(rules.runbook, { id, asked });
  if (step === undefined) throw new RangeError(`the plan has no message ${sends}`);
  const added = { ...openingStep(step, rules.mode, shown.declaredAt), asked };
  return { state: { ...state, shown: { ...shown, steps: [...shown.steps, added] } }, id };
}

const idOf = (message: string, count: number): string => `communicate/${message}-${count}`;

/** Why a message that somebody asks for is not put to those who approve it; null when it is. */
export function whyNotAsk(
  { runbook, people, person }: Rules,
  { shown }: RunState,
  roles: readonly string[],
  { by, sends, note }: MessageRequest,
): string | null {
  const { communication } = runbook;
  if (communication === undefined) return 'The policy has no communication plan.';
  const message = messageNamed(runbook, sends);
  if (message === undefined) {
    const known = communication.messages.map(({ name }) => name);
    return `The plan has no message ${sends}: ${suggest(sends, known) ?? 'it has none'}`;
  }
  if (!roles.includes(message.role) && !roles.includes(runbook.commander))
    return `${by} has neither the role ${message.role} nor ${runbook.commander}.`;
  if (shown.steps.every(isOver)) return 'It is too late: every step of the run is over.';
  const wantsNote = [message.subject, message.text].flatMap(placeholdersIn).includes(noteFact);
  if (wantsNote && note === undefined) return `The message ${sends} says what you add to it: give a note.`;
  if (!wantsNote && note !== undefined)
    return `The message ${sends} has no place for a note: its text has no \${${noteFact}}.`;
  const waits = shown.steps.find((step) => step.asked?.sends === sends && !isOver(step));
  if (waits !== undefined) return `${waits.id} is not over yet, and sends the same message.`;
  if (shown.steps.filter((step) => step.asked !== undefined).length >= most)
    return `There were ${most} messages by now: send more by hand.`;
  const signed = shown.signatures === 'signed';
  const may = people.some(
    (each) =>
      each.name !== by &&
      each.name !== person &&
      each.roles.includes(message.role) &&
      (!signed || each.sshKeys.length > 0),
  );
  return may
    ? null
    : `Nobody could approve it: nobody but ${by} and ${person} has the role ${message.role}${signed ? ' and an SSH key' : ''}.`;
}
