/** What people may say to a run, and what becomes of it (law 8). Pure: refusals are sentences. */
import type { FailoverInput, StepProgress } from '../contract-failover.ts';
import type { FailoverMessageName, FailoverSaid } from '../contract-failover-messages.ts';
import { isDay } from '../follow-ups-times.ts';
import { whyNotAsk } from './asked.ts';
import { isOver, type RunState, stepIn } from './state.ts';
import { isFull } from './timeline.ts';

/** What messages are judged by, beside the state. */
export type Rules = Pick<FailoverInput, 'people' | 'person' | 'mode' | 'drill' | 'runbook'>;

/** Messages that change nothing of what is done: anybody of the policy says them by name. */
const unsigned: ReadonlySet<FailoverMessageName> = new Set(['note', 'reject', 'outcome']);

export const wantsSignature = ({ shown }: RunState, name: FailoverMessageName): boolean =>
  shown.signatures === 'signed' && !unsigned.has(name);

/** Why a message is not followed, its signature aside; null when it is. */
export function whyNot<Name extends FailoverMessageName>(
  rules: Rules,
  state: RunState,
  name: Name,
  said: FailoverSaid[Name],
): string | null {
  const person = rules.people.find((each) => each.name === said.by);
  if (person === undefined) return `The policy knows no ${said.by} among its people.`;
  if (isAbsent(rules, said.by)) return `${said.by} does not answer in this drill: its owner chose that.`;
  const late = tooLate(rules, state, name);
  if (late !== null) return late;
  const step = 'step' in said && said.step !== undefined ? stepIn(state, said.step) : undefined;
  if ('step' in said && said.step !== undefined && step === undefined)
    return `The runbook has no step ${said.step}.`;
  const refusal = judged({ rules, state, roles: person.roles, step }, name, said);
  if (refusal !== null) return refusal;
  if (wantsSignature(state, name) && said.signature === undefined)
    return `What ${said.by} says is not signed, and this run wants signatures.`;
  return null;
}

const isAbsent = ({ drill }: Rules, name: string): boolean =>
  drill?.inject.some((each) => each.what === 'absent' && each.person === name) ?? false;

function tooLate({ drill }: Rules, { shown }: RunState, name: FailoverMessageName): string | null {
  if (shown.phase === 'done' || shown.closing === true) return 'It is too late: the run has ended.';
  if (name === 'note') return isFull(shown.events) ? 'There are too many notes by now.' : null;
  if (shown.aborted !== null) return `It is too late: ${shown.aborted.by} stopped the run.`;
  if (shown.phase === 'judging' && name !== 'outcome')
    return `It is too late: everything is done, and ${drill?.owner ?? 'its owner'} says what came out.`;
  if ((name === 'abort' || name === 'degrade') && shown.phase !== 'preparing' && shown.steps.every(isOver))
    return 'It is too late: every step of the run is over.';
  return null;
}

type Judged = { rules: Rules; state: RunState; roles: readonly string[]; step: StepProgress | undefined };

function judged<Name extends FailoverMessageName>(
  about: Judged,
  name: Name,
  said: FailoverSaid[Name],
): string | null {
  const { rules, state, roles, step } = about;
  switch (name) {
    case 'note':
      return whyNotNote(rules, said);
    case 'outcome':
      return whyNotOutcome(rules, state, said);
    case 'take-over':
      if (!roles.includes(rules.runbook.commander))
        return `${said.by} has not the role ${rules.runbook.commander}.`;
      return state.shown.commander === said.by ? `${said.by} leads already.` : null;
    case 'degrade':
      if (state.shown.lost.length === 0)
        return 'This runbook loses no zone: there is nothing to go on without.';
      if (state.shown.degraded) return 'The run goes on without the lost side already.';
      return whyNotLead(about, said.by);
    case 'abort':
      return whyNotLead(about, said.by);
    case 'communicate':
      return 'sends' in said ? whyNotAsk(rules, state, roles, said) : 'Say which message.';
    default:
      return step === undefined ? 'Say which step.' : judgedStep({ ...about, step }, name, said);
  }
}

/** A note that is to be done until a day has an owner, and the other way round. */
function whyNotNote({ people }: Rules, said: FailoverSaid[FailoverMessageName]): string | null {
  const owner = 'owner' in said ? said.owner : undefined;
  const due = 'due' in said ? said.due : undefined;
  if (owner === undefined && due === undefined) return null;
  if (owner === undefined || due === undefined)
    return 'A follow-up has an owner and a day: give both, or neither.';
  if (!people.some(({ name }) => name === owner)) return `The policy knows no ${owner} among its people.`;
  return isDay(due) ? null : `${due} is no day: it is written like 2026-12-01.`;
}

/** Whoever chose what was expected says what came out. */
function whyNotOutcome(
  { drill }: Rules,
  { shown }: RunState,
  said: FailoverSaid[FailoverMessageName],
): string | null {
  const expected = shown.expectations ?? [];
  if (drill === undefined || expected.length === 0) return 'Nothing was written down that should come out.';
  if (said.by !== drill.owner) return `${drill.owner} owns this drill, and says what came out.`;
  const number = 'expectation' in said ? said.expectation : '';
  if (!expected.some((_each, index) => String(index + 1) === number))
    return `Expected outcomes are numbered from 1 to ${expected.length}.`;
  const came = 'came' in said ? said.came : '';
  return came === 'yes' || came === 'no' ? null : 'Say yes when it came out, else no.';
}

function judgedStep(
  about: Judged & { step: StepProgress },
  name: FailoverMessageName,
  said: FailoverSaid[FailoverMessageName],
): string | null {
  const { step, rules } = about;
  const { by } = said;
  const waits = step.waitsFor?.kind ?? null;
  switch (name) {
    case 'approve':
    case 'choose':
      return whyNotApprove(about, name, said);
    case 'reject':
      if (waits !== 'approval' && waits !== 'choice') return `${step.id} does not wait for an approval.`;
      return whyNotAnswer(about, by);
    case 'complete':
      if (waits === 'deed') return whyNotAnswer(about, by);
      if (waits !== 'decision') return `${step.id} is ${step.state}: there is nothing to complete.`;
      if (by === rules.person)
        return `${by} declared the run, and so can't give their word for a step that failed.`;
      return step.do === 'postgres.fence' ? whyNotLead(about, by) : whyNotAnswer(about, by);
    case 'skip':
      if (waits === null) return `${step.id} is ${step.state}: only what waits or asks is skipped.`;
      if (by === rules.person) return `${by} declared the run, and so can't skip what holds it.`;
      if (step.do === 'postgres.fence' && rules.mode === 'real')
        return `${step.id} is not skipped: with two primaries data is lost. Say with \`complete\` what makes sure that the old one is dead.`;
      return isGate(step) && rules.mode === 'real' ? whyNotLead(about, by) : whyNotAnswer(about, by);
    case 'retry':
      if (waits !== 'decision') return `${step.id} is ${step.state}: there is nothing to try again.`;
      return whyNotAnswer(about, by);
    default:
      return null;
  }
}

/** Whether all that a step does is to wait for people's approval: who skips it goes on without. */
const isGate = ({ do: action }: StepProgress): boolean => action === 'approve';

/** An approval, or a choice, which is one: bound to the facts, by the role, and never by who declared the run. */
function whyNotApprove(
  { step, rules, state, roles }: Judged & { step: StepProgress },
  name: 'approve' | 'choose',
  said: FailoverSaid[FailoverMessageName],
): string | null {
  const { by } = said;
  const wanted = name === 'approve' ? 'approval' : 'choice';
  if (step.waitsFor?.kind !== wanted)
    return `${step.id} does not wait for ${name === 'approve' ? 'an approval' : 'a choice'}.`;
  if (by === rules.person) return `${by} declared the run, and so can't approve anything of it.`;
  if (step.asked?.by === by) return `${by} asked for this message, and so can't approve it.`;
  if (!roles.includes(step.role)) return `${by} has not the role ${step.role}.`;
  const hash = 'hash' in said ? said.hash : '';
  if (hash !== step.hash)
    return `${by} approved other facts (${hash.slice(0, 12)}…); these are ${(step.hash ?? '').slice(0, 12)}….`;
  if (step.approvals.some((approval) => approval.by === by))
    return `${by} has approved already, and counts once.`;
  if (name === 'choose' && 'option' in said && !step.choices.some(({ id }) => id === said.option))
    return `There is no choice ${said.option}; there is ${step.choices.map(({ id }) => id).join(', ')}.`;
  const absent = state.shown.phase === 'preparing';
  return absent ? 'The run is still being prepared.' : null;
}

/** Whoever answers for a step: its role, or who leads. */
function whyNotAnswer({ step, roles, ...about }: Judged & { step: StepProgress }, by: string): string | null {
  if (roles.includes(step.role)) return null;
  const lead = whyNotLead({ ...about, roles, step }, by);
  return lead === null ? null : `${by} has not the role ${step.role}, and does not lead the run.`;
}

function whyNotLead({ rules, state, roles }: Judged, by: string): string | null {
  const { commander } = rules.runbook;
  if (!roles.includes(commander)) return `${by} has not the role ${commander}.`;
  const leads = state.shown.commander;
  if (leads === null || leads === by) return null;
  return `${leads} leads the run: take over first, with \`holdfast failover take-over\`.`;
}
