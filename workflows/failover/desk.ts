import { defineQuery, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import { type Happening, openTrail, type Trail } from '../audit.ts';
import { progressQuery } from '../contract.ts';
import type { AuditAction } from '../contract-audit.ts';
import type { FailoverInput, FailoverProgress } from '../contract-failover.ts';
import {
  type FailoverAnswer,
  type FailoverMessageName,
  type FailoverSaid,
  failoverMessages,
} from '../contract-failover-messages.ts';
import { reasonOf } from '../failures.ts';
import { hear, patience as mostRefusals } from '../hear.ts';
import { activitiesIn, patient } from '../proxies.ts';
import { failoverMarkdown } from './details.ts';
import { measuredRpo, measuredRto } from './facts.ts';
import { follow } from './follow.ts';
import { keepFollowUp } from './following-up.ts';
import { malformed } from './forms.ts';
import { wantsSignature, whyNot } from './messages.ts';
import { type Desk, now } from './run.ts';
import { openingState, type RunState, withEvent, withException } from './state.ts';
import { messageText } from './text.ts';

/** Shows the run in the query and the current details, and hears Updates and Signals by the same checks. */
export function openFailoverDesk(input: FailoverInput): Desk {
  const { workflowId, runId, startTime } = workflowInfo();
  const trail = openTrail(input.audit, input.runbook.zone);
  let state = openingState(input, { workflowId, runId, declaredAt: startTime.toISOString() });
  const record = recorder(trail, (unwritten) => except(unwritten));
  const others = new Set<Promise<void>>();
  const change: Desk['change'] = (next) => {
    state = measured(next(state));
    setCurrentDetails(failoverMarkdown(state.shown, Date.now()));
  };
  const except = (sentence: string | null) => {
    if (sentence !== null && !state.shown.exceptions.includes(sentence))
      change((before) => withException(before, sentence));
  };
  const desk: Desk = {
    state: () => state,
    change,
    note: (step, sentence) => change((before) => withEvent(before, { at: now(), by: null, step, sentence })),
    tell: ({ step, ...happening }) => {
      const subject = step === undefined ? input.runbook.name : `${input.runbook.name}/${step}`;
      const facts = { mode: input.mode, ...happening.facts };
      record.add({ ...happening, subject, facts, at: now() });
    },
    beside: (deed) => {
      const over: Promise<void> = deed.then(except).finally(() => others.delete(over));
      others.add(over);
    },
    settled: async () => {
      while (others.size > 0) await Promise.all(others);
      await record.written();
    },
  };
  for (const name of Object.values(failoverMessages)) listen(name, input, desk);
  setHandler(defineQuery<FailoverProgress>(progressQuery), () => state.shown);
  change((before) => before);
  return desk;
}

const mostAtOnce = 50;

/**
 * Writes what happened into the audit log beside the run, in order, and all that waits at once: a log that is slow, or
 * lost with its site, holds up no step.
 */
function recorder(trail: Trail, except: (unwritten: string | null) => void) {
  const waiting: Happening[] = [];
  let writing: Promise<void> | null = null;
  const write = async () => {
    while (waiting.length > 0) except(await trail.tryRecord(...waiting.splice(0, mostAtOnce)));
    writing = null;
  };
  return {
    add: (happening: Happening) => {
      waiting.push(happening);
      writing ??= write();
    },
    written: async () => {
      while (writing !== null) await writing;
    },
  };
}

const measured = (state: RunState): RunState => {
  const { shown } = state;
  const rto = { ...shown.rto, measured: measuredRto(shown) };
  const rpo = { ...shown.rpo, measured: measuredRpo(shown.steps, shown.declaredAt) };
  return { ...state, shown: { ...shown, rto, rpo } };
};

/** Hears one of the messages. Its rules are judged before its signature is checked, and once more after. */
function listen<Name extends FailoverMessageName>(name: Name, input: FailoverInput, desk: Desk): void {
  const refuse = async (
    by: string | null,
    step: string | null,
    sentence: string,
  ): Promise<FailoverAnswer> => {
    const refusal = { at: now(), by, step, sentence: `${name}: ${sentence}` };
    desk.change(({ shown, answers }) => ({
      shown: { ...shown, refused: [...shown.refused, refusal].slice(-mostRefusals) },
      answers,
    }));
    const about = { action: 'failover.refused' as const, outcome: 'refused' as const, reason: sentence };
    desk.tell({
      ...about,
      facts: { message: name },
      ...(by === null ? {} : { person: by }),
      ...(step === null ? {} : { step }),
    });
    return { outcome: 'refused', sentence };
  };

  const heard = async (said: FailoverSaid[Name]): Promise<FailoverAnswer> => {
    const step = 'step' in said ? (said.step ?? null) : null;
    const early = whyNot(input, desk.state(), name, said);
    if (early !== null) return refuse(said.by, step, early);
    const check = await checked(name, input, desk.state(), said);
    const result = follow(input, desk.state(), name, said, check, now());
    if ('refusal' in result) return refuse(said.by, step, result.refusal);
    const known = desk.state().shown.followUps ?? [];
    desk.change(() => result.state);
    for (const followUp of (desk.state().shown.followUps ?? []).slice(known.length))
      desk.beside(keepFollowUp(input, result.state.shown, followUp));
    desk.tell({
      action: actions[name] ?? 'failover.decided',
      outcome: 'done',
      person: said.by,
      reason: result.sentence,
      ...(step === null ? {} : { step }),
      ...('hash' in said ? { hash: said.hash } : {}),
      facts: { message: name, key: 'key' in check ? (check.key ?? 'by name') : 'by name' },
    });
    return { outcome: 'followed', sentence: result.sentence };
  };

  const isFull = (said: FailoverSaid[Name] | null) =>
    desk.state().shown.refused.length >= mostRefusals &&
    (said === null || whyNot(input, desk.state(), name, said) !== null);
  hear<FailoverSaid[Name], FailoverAnswer>(
    name,
    heard,
    (sent) => malformed(name, sent),
    (sentence) => refuse(null, null, sentence),
    isFull,
  );
}

const actions: Partial<Record<FailoverMessageName, AuditAction>> = {
  approve: 'failover.approved',
  choose: 'failover.approved',
  abort: 'failover.aborted',
};

/** The key that signed a message, null where names are trusted, or why it does not count. */
async function checked<Name extends FailoverMessageName>(
  name: Name,
  { people, runbook }: FailoverInput,
  state: RunState,
  said: FailoverSaid[Name],
): Promise<{ key: string | null } | { refusal: string }> {
  const person = people.find((each) => each.name === said.by);
  if (!wantsSignature(state, name)) return { key: null };
  if (person === undefined || said.signature === undefined)
    return { refusal: `What ${said.by} says is not signed.` };
  const limits = { within: 300, attempts: 5, patience: patient, urgent: true };
  try {
    return await activitiesIn(runbook.zone, limits).checkApproval({
      text: messageText(state.shown, name, said),
      signature: said.signature,
      person,
      purpose: 'failover',
    });
  } catch (error) {
    return { refusal: `The signature could not be checked, so send it again: ${reasonOf(error).sentence}` };
  }
}
