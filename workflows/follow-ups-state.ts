/** What is to be done, and what becomes of it when somebody speaks. Pure; instants in milliseconds. */
import type {
  FollowUp,
  FollowUpAddition,
  FollowUpChange,
  FollowUpMessageName,
  FollowUpSaid,
  FollowUpsMemory,
  FollowUpsSettings,
} from './contract-follow-ups.ts';
import { dateIn, isDay } from './follow-ups-times.ts';

export const emptyMemory: FollowUpsMemory = { open: [], closed: [], refused: [], reminded: {} };

/** More are no list that anybody works off, and would not fit into what one run hands to the next. */
const mostOpen = 300;
const mostClosed = 500;
const mostChanges = 20;
const mostRefused = 50;

type About = { settings: FollowUpsSettings; memory: FollowUpsMemory; now: number };

/**
 * What a message makes of the memory, and what its sender is told; or why it is not followed. What was noted before leaves
 * the memory as it is.
 */
export function follow<Name extends FollowUpMessageName>(
  about: About,
  name: Name,
  said: FollowUpSaid[Name],
): { memory: FollowUpsMemory; sentence: string; of: FollowUp } | { refusal: string } {
  const { memory, now } = about;
  const known = isAddition(said) ? sameAs(memory, said) : undefined;
  if (known !== undefined) return { memory, sentence: `${known.id} is noted already.`, of: known };
  const refusal = whyNot(about, name, said);
  if (refusal !== null) return { refusal };
  const at = new Date(now).toISOString();
  if (isAddition(said)) return added(memory, said, at);
  const found = memory.open.find(({ id }) => id === said.id);
  if (found === undefined) throw new RangeError(`${said.id} was judged and is not there`);
  const { next, sentence } = changed(found, said, at);
  const others = memory.open.filter(({ id }) => id !== said.id);
  const { [said.id]: _, ...reminded } = memory.reminded;
  return {
    memory:
      next.closed === null
        ? { ...memory, open: inOrder([...others, next]), reminded }
        : { ...memory, open: others, closed: [next, ...memory.closed].slice(0, mostClosed), reminded },
    sentence,
    of: next,
  };
}

/** The memory with one more message that was not followed. */
export function withRefusal(memory: FollowUpsMemory, by: string | null, sentence: string, now: number) {
  const refusal = { at: new Date(now).toISOString(), by, sentence };
  return { ...memory, refused: [...memory.refused, refusal].slice(-mostRefused) };
}

/** Why a message is not followed; null when it is. */
function whyNot<Name extends FollowUpMessageName>(
  { settings, memory, now }: About,
  name: Name,
  said: FollowUpSaid[Name],
): string | null {
  const known = (person: string) => settings.people.some((each) => each.name === person);
  if (!known(said.by)) return `The policy knows no ${said.by} among its people.`;
  if ('owner' in said && !known(said.owner)) return `The policy knows no ${said.owner} among its people.`;
  if ('due' in said) {
    if (!isDay(said.due)) return `${said.due} is no day: it is written like 2026-12-01.`;
    const today = dateIn(settings.timezone, now);
    // What a run noted is kept in any case, and is overdue at once.
    if (!isAddition(said) && said.due < today)
      return `${said.due} is over: today is ${today} in ${settings.timezone}.`;
  }
  const open = memory.open.find(({ id }) => id === said.id);
  const closed = memory.closed.find(({ id }) => id === said.id);
  if (isAddition(said)) {
    if (open !== undefined || closed !== undefined)
      return `${said.id} is the id of another follow-up: choose another one.`;
    return memory.open.length < mostOpen ? null : `${mostOpen} follow-ups are open: close some first.`;
  }
  if (closed !== undefined) return `${said.id} is closed, since ${closed.closed?.at ?? 'then'}.`;
  if (open === undefined) return `There is no follow-up ${said.id}.`;
  if (name === 'move' && 'due' in said && said.due === open.due)
    return `${said.id} is due on ${open.due} already.`;
  if (name === 'assign' && 'owner' in said && said.owner === open.owner)
    return `${said.id} is with ${open.owner} already.`;
  return null;
}

/** What was sent before: a worker that dies has it sent again. */
const sameAs = ({ open, closed }: FollowUpsMemory, { id, text, runId }: FollowUpAddition) =>
  [...open, ...closed].find((each) => each.id === id && each.text === text && each.runId === runId);

const isAddition = (said: FollowUpSaid[FollowUpMessageName]): said is FollowUpAddition => 'text' in said;

function added(memory: FollowUpsMemory, said: FollowUpAddition, at: string) {
  const { by, id, runbook, workflowId, runId, mode, text, owner, due } = said;
  const of: FollowUp = {
    ...{ id, runbook, workflowId, runId, mode, notedAt: at, notedBy: by, text, owner, due },
    changes: [],
    closed: null,
  };
  return {
    memory: { ...memory, open: inOrder([...memory.open, of]) },
    sentence: `${id}: ${owner} does it until ${due}: ${text}`,
    of,
  };
}

function changed(
  open: FollowUp,
  said: Exclude<FollowUpSaid[FollowUpMessageName], FollowUpAddition>,
  at: string,
): { next: FollowUp; sentence: string } {
  const { by, id } = said;
  if ('evidence' in said)
    return {
      next: { ...open, closed: { at, by, evidence: said.evidence } },
      sentence: `${by} closed ${id}: ${said.evidence}`,
    };
  const moved = 'due' in said;
  const sentence = moved
    ? `${by} moved ${id} from ${open.due} to ${said.due}: ${said.reason}`
    : `${by} gave ${id} from ${open.owner} to ${said.owner}: ${said.reason}`;
  const change: FollowUpChange = { at, by, sentence };
  const changes = [...open.changes, change].slice(-mostChanges);
  return { next: { ...open, changes, ...(moved ? { due: said.due } : { owner: said.owner }) }, sentence };
}

const inOrder = (open: FollowUp[]): FollowUp[] =>
  open.toSorted((one, other) =>
    one.due === other.due ? (one.notedAt < other.notedAt ? -1 : 1) : one.due < other.due ? -1 : 1,
  );

/** Temporal takes 2 MB for what one run hands to the next. */
const mostLetters = 500_000;

/** The memory, cut to what can be handed on: what is over first, then what became of what is open. Nothing open goes. */
export function fitted(memory: FollowUpsMemory): FollowUpsMemory {
  const size = (kept: FollowUpsMemory) => JSON.stringify(kept).length;
  let kept = memory;
  while (size(kept) > mostLetters && kept.closed.length > 0)
    kept = { ...kept, closed: kept.closed.slice(0, Math.floor(kept.closed.length / 2)), refused: [] };
  if (size(kept) <= mostLetters) return kept;
  return { ...kept, open: kept.open.map((each) => ({ ...each, changes: each.changes.slice(-1) })) };
}
