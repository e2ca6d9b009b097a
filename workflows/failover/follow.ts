/** What a message that is followed makes of the state. Pure. */

import type { StepProgress } from '../contract-failover.ts';
import type { FailoverMessageName, FailoverSaid } from '../contract-failover-messages.ts';
import type { NotedFollowUp } from '../contract-follow-ups.ts';
import type { Expectation } from '../contract-rehearsal.ts';
import { withAsked } from './asked.ts';
import { type Rules, whyNot } from './messages.ts';
import { type RunState, stepIn, withAnswer, withEvent, withException, withStep } from './state.ts';

export type Followed = { state: RunState; sentence: string };

type Step = { state: RunState; step: StepProgress; at: string; key: string | null };

/**
 * The state after a message whose signature was checked, and what its sender is told; or why it is not followed. It is
 * judged again, since others may have spoken while the signature was checked.
 *
 * @param check the fingerprint of the key that signed it, null where the run trusts names
 */
export function follow<Name extends FailoverMessageName>(
  rules: Rules,
  before: RunState,
  name: Name,
  said: FailoverSaid[Name],
  check: { key: string | null } | { refusal: string },
  at: string,
): Followed | { refusal: string } {
  if ('refusal' in check) return check;
  const refusal = whyNot(rules, before, name, said) ?? usedByAnother(before, said.by, check.key);
  if (refusal !== null) return { refusal };
  const { key } = check;
  const { state, sentence } = followed(rules, leading(rules, before, name, said.by), name, said, at, key);
  const step = 'step' in said ? (said.step ?? null) : null;
  const signed = key === null ? '' : ` (${key})`;
  return { state: withEvent(state, { at, by: said.by, step, sentence: `${sentence}${signed}` }), sentence };
}

/** A key that has approved for one person approves for no other. */
function usedByAnother({ shown }: RunState, by: string, key: string | null): string | null {
  if (key === null) return null;
  const twin = shown.steps
    .flatMap(({ approvals }) => approvals)
    .find((one) => one.key === key && one.by !== by);
  return twin === undefined ? null : `The key of ${by} has approved already, in the name of ${twin.by}.`;
}

/** Who commands first leads from then on. */
function leading(
  { people, runbook }: Rules,
  state: RunState,
  name: FailoverMessageName,
  by: string,
): RunState {
  const commands = name === 'abort' || name === 'degrade' || name === 'take-over';
  const may = people.some((person) => person.name === by && person.roles.includes(runbook.commander));
  const free = state.shown.commander === null && may && name !== 'note';
  return commands || free ? { ...state, shown: { ...state.shown, commander: by } } : state;
}

function followed<Name extends FailoverMessageName>(
  rules: Rules,
  state: RunState,
  name: Name,
  said: FailoverSaid[Name],
  at: string,
  key: string | null,
): Followed {
  const { by } = said;
  const reason = 'reason' in said ? said.reason : '';
  switch (name) {
    case 'note':
      return noted(state, said, at);
    case 'outcome':
      return judged(state, said, at);
    case 'take-over':
      return { state, sentence: `${by} leads the run now: ${reason}` };
    case 'degrade':
      return degraded(state, by, reason);
    case 'communicate':
      return asksFor(rules, state, said);
    case 'abort': {
      const aborted = { by, at, reason };
      return {
        state: { ...state, shown: { ...state.shown, aborted } },
        sentence: `${by} stops the run: ${reason}`,
      };
    }
    default: {
      const step = 'step' in said && said.step !== undefined ? stepIn(state, said.step) : undefined;
      if (step === undefined) throw new RangeError(`${name} was judged without its step`);
      return followedStep({ state, step, at, key }, name, said);
    }
  }
}

/** With an owner and a day it is a follow-up, named by what nobody else has: its place among those of the run. */
function noted(state: RunState, said: FailoverSaid[FailoverMessageName], at: string): Followed {
  const text = 'text' in said ? said.text : '';
  const { by } = said;
  if (!('owner' in said) || !('due' in said) || said.owner === undefined || said.due === undefined)
    return { state, sentence: `${by} notes: ${text}` };
  const { owner, due } = said;
  const { followUps = [], runId } = state.shown;
  // Run ids are random but for their beginning, which is a clock.
  const id = `${runId.slice(-6)}-${followUps.length + 1}`;
  const followUp: NotedFollowUp = { id, text, owner, due, notedAt: at, notedBy: by };
  return {
    state: { ...state, shown: { ...state.shown, followUps: [...followUps, followUp] } },
    sentence: `${by} notes ${id}, which ${owner} does until ${due}: ${text}`,
  };
}

/** What the owner said last counts. */
function judged(state: RunState, said: FailoverSaid[FailoverMessageName], at: string): Followed {
  const { by } = said;
  const number = 'expectation' in said ? Number(said.expectation) : 0;
  const came: Expectation['came'] = 'came' in said && said.came === 'yes' ? 'yes' : 'no';
  const remark = 'remark' in said ? (said.remark ?? null) : null;
  const expectations = (state.shown.expectations ?? []).map((each, index) =>
    index + 1 === number ? { ...each, came, by, at, remark } : each,
  );
  const text = expectations[number - 1]?.text ?? '';
  return {
    state: { ...state, shown: { ...state.shown, expectations } },
    sentence: `${by} says that this ${came === 'yes' ? 'came out' : 'did not come out'}: ${text}${remark === null ? '' : ` (${remark})`}`,
  };
}

function asksFor(rules: Rules, state: RunState, said: FailoverSaid[FailoverMessageName]): Followed {
  if (!('sends' in said)) throw new RangeError('a message was judged without its name');
  const { state: next, id } = withAsked(rules, state, said);
  return { state: next, sentence: `${said.by} asks for the message ${said.sends}, as ${id}.` };
}

function degraded(state: RunState, by: string, reason: string): Followed {
  const next = { ...state, shown: { ...state.shown, degraded: true } };
  const sentence = `${by} goes on without ${state.shown.lost.join(', ')}: ${reason}`;
  return { state: withException(next, sentence), sentence };
}

function followedStep(
  about: Step,
  name: FailoverMessageName,
  said: FailoverSaid[FailoverMessageName],
): Followed {
  const { state, step, at, key } = about;
  const { by } = said;
  const { id } = step;
  const reason = 'reason' in said ? said.reason : '';
  const answered = { waitsFor: null, state: 'running' as const };
  switch (name) {
    case 'approve': {
      const approvals = [...step.approvals, { by, at, key }];
      const needed = step.needed ?? 1;
      if (approvals.length < needed) {
        const sentence = `${by} approved ${id}, ${approvals.length} of ${needed}.`;
        return { state: withStep(state, id, { approvals }), sentence };
      }
      const approved = withStep(state, id, { ...answered, approvals });
      return { state: withAnswer(approved, id, { kind: 'approved' }), sentence: `${by} approved ${id}.` };
    }
    case 'choose': {
      const chosen = 'option' in said ? said.option : '';
      const next = withStep(state, id, { ...answered, chosen, approvals: [{ by, at, key }] });
      return {
        state: withAnswer(next, id, { kind: 'chosen' }),
        sentence: `${by} chose ${chosen} for ${id}.`,
      };
    }
    case 'reject': {
      const sentence = `${by} rejected ${id}: ${reason}`;
      return {
        state: withAnswer(withStep(state, id, answered), id, { kind: 'rejected', sentence }),
        sentence,
      };
    }
    case 'retry':
      return {
        state: withAnswer(withStep(state, id, answered), id, { kind: 'retry' }),
        sentence: `${by} tries ${id} again.`,
      };
    case 'skip': {
      const sentence = `${by} skipped ${id}: ${reason}`;
      return { state: ended(about, 'skipped', sentence, sentence), sentence };
    }
    default:
      return completed(about, by, 'evidence' in said ? said.evidence : '');
  }
}

/** A deed that was done has passed; a step that failed, and is taken as done on somebody's word, is an exception. */
function completed(about: Step, by: string, evidence: string): Followed {
  const { id, do: action, waitsFor } = about.step;
  if (action === 'wait' && waitsFor?.kind === 'deed' && about.state.shown.mode !== 'tabletop') {
    const sentence = `${by} let ${id} end before its time: ${evidence}`;
    return { state: ended(about, 'passed-with-exceptions', sentence, sentence), sentence };
  }
  if (waitsFor?.kind === 'deed') {
    const sentence = `${by} did ${id}: ${evidence}`;
    return { state: ended(about, 'passed', sentence, null), sentence };
  }
  const sentence = `${by} gave their word for ${id}, which failed: ${evidence}`;
  return { state: ended(about, 'passed-with-exceptions', sentence, sentence), sentence };
}

function ended(
  { state, step, at }: Step,
  outcome: StepProgress['state'],
  sentence: string,
  exception: string | null,
): RunState {
  const over = withStep(state, step.id, {
    state: outcome,
    waitsFor: null,
    endedAt: at,
    sentences: [...step.sentences, sentence],
  });
  const answered = withAnswer(over, step.id, { kind: 'ended' });
  return exception === null ? answered : withException(answered, exception);
}
