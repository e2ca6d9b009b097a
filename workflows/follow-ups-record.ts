/** What the audit log has of a follow-up, so that it can be brought back from there. Pure. */
import { runModes } from '../policy/resolved-failover.ts';
import type { Happening } from './audit.ts';
import type { AuditLine } from './contract-audit.ts';
import type { FollowUp, FollowUpMessageName } from './contract-follow-ups.ts';

export const recordedAs = {
  add: 'follow-up.added',
  move: 'follow-up.moved',
  assign: 'follow-up.assigned',
  close: 'follow-up.closed',
} as const satisfies Record<FollowUpMessageName, Happening['action']>;

/** A follow-up as an entry tells it: as it was after what happened. */
export type Recorded = Omit<FollowUp, 'changes' | 'closed'>;

/**
 * An entry of what happened to a follow-up, with all that it is from then on.
 *
 * @param count of what the run has recorded: of one instant the later one counts
 */
export function happeningOf(
  name: FollowUpMessageName,
  of: FollowUp,
  { by, sentence, count }: { by: string; sentence: string; count: number },
): Happening {
  const { workflowId, runId, mode, notedAt, notedBy, text, owner, due } = of;
  return {
    action: recordedAs[name],
    subject: subjectOf(of),
    outcome: 'done',
    person: by,
    reason: sentence,
    facts: { workflowId, runId, mode, notedAt, notedBy, text, owner, due, count },
    key: `follow-up-${count}`,
  };
}

export const subjectOf = ({ runbook, id }: Pick<FollowUp, 'runbook' | 'id'>): string => `${runbook}/${id}`;

/** What entries tell of follow-ups by their subjects: as each was last, and whether it is closed. */
export type Told = {
  known: Map<string, Recorded>;
  closed: Set<string>;
  /** Subjects whose last entry says too little, as those of earlier versions do, with what happened. */
  unclear: Map<string, string>;
};

export function toldBy(lines: readonly AuditLine[]): Told {
  const told: Told = { known: new Map(), closed: new Set(), unclear: new Map() };
  const seen = new Set<string>();
  for (const line of lines.toSorted(newestFirst)) {
    if (seen.has(line.subject)) continue;
    seen.add(line.subject);
    const recorded = recordedIn(line);
    if (line.action === recordedAs.close) told.closed.add(line.subject);
    else if (recorded === null) told.unclear.set(line.subject, line.action);
    else told.known.set(line.subject, recorded);
  }
  return told;
}

function newestFirst(one: AuditLine, other: AuditLine): number {
  if (one.at !== other.at) return one.at < other.at ? 1 : -1;
  return Number(other.facts?.count ?? other.seq) - Number(one.facts?.count ?? one.seq);
}

function recordedIn({ subject, facts = {} }: AuditLine): Recorded | null {
  const text = (name: string): string => String(facts[name] ?? '');
  const mode = runModes.find((each) => each === facts.mode);
  const slash = subject.lastIndexOf('/');
  const of: Omit<Recorded, 'mode'> = {
    ...{ runbook: subject.slice(0, slash), id: subject.slice(slash + 1) },
    ...{ workflowId: text('workflowId'), runId: text('runId') },
    ...{ notedAt: text('notedAt'), notedBy: text('notedBy') },
    ...{ text: text('text'), owner: text('owner'), due: text('due') },
  };
  return mode === undefined || Object.values(of).includes('') ? null : { ...of, mode };
}
