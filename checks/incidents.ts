import type { AuditLine } from '../workflows/contract-audit.ts';
import type { FoundIncidents, Incident, Period } from '../workflows/contract-report.ts';

/** Incidents beyond so many are counted and not listed. */
const listed = 300;

/** Gathers what an audit log tells of a period, entry by entry, in any order. */
export type Gathering = {
  add(line: AuditLine): void;
  found(unreadable: number): FoundIncidents;
};

/** Counts everything that was recorded within a period, and lists what went wrong: failures, refusals and alerts. */
export function gatherIncidents({ from, to }: Period): Gathering {
  const counts: Record<string, number> = {};
  const wrong: AuditLine[] = [];
  const closed: AuditLine[] = [];
  const [start, end] = [Date.parse(from), Date.parse(to)];
  return {
    add: (line) => {
      const at = Date.parse(line.at);
      // An alert may be closed after the period in which it was opened.
      if (line.action === 'alert.closed' && at >= start) closed.push(line);
      if (!(at >= start && at < end)) return;
      const name = line.outcome === 'done' ? line.action : `${line.action} (${line.outcome})`;
      const more = line.facts?.more;
      counts[name] = (counts[name] ?? 0) + (typeof more === 'number' ? more : 1);
      if (isWrong(line)) wrong.push(line);
    },
    found: (unreadable) => {
      wrong.sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
      const incidents = wrong.slice(0, listed).map((line) => incidentOf(line, closed));
      return { counts, incidents, more: Math.max(0, wrong.length - listed), unreadable };
    },
  };
}

function isWrong({ action, outcome }: AuditLine): boolean {
  return (
    outcome !== 'done' || action === 'alert.opened' || action === 'copy.healed' || action === 'switch.undone'
  );
}

function incidentOf(line: AuditLine, closed: readonly AuditLine[]): Incident {
  const { at, action, subject, outcome, reason, facts } = line;
  const more = typeof facts?.more === 'number' ? `${facts.more} more alerts at once.` : null;
  return {
    at,
    action,
    subject,
    outcome,
    sentence: reason ?? more,
    severity: typeof facts?.severity === 'string' ? facts.severity : null,
    closedAt: action === 'alert.opened' ? closingOf(line, closed) : null,
  };
}

/** The first closing of the same alert after it was opened. */
function closingOf(opened: AuditLine, closed: readonly AuditLine[]): string | null {
  const times = closed
    .filter(
      ({ subject, facts, at }) =>
        subject === opened.subject &&
        facts?.kind === opened.facts?.kind &&
        facts?.more === undefined &&
        Date.parse(at) >= Date.parse(opened.at),
    )
    .map(({ at }) => at)
    .sort((a, b) => Date.parse(a) - Date.parse(b));
  return times[0] ?? null;
}
