/**
 * What is cured and found again within minutes is the same alert: a channel that hears of each turn of something that comes
 * and goes is soon one that nobody reads. Pure; instants in milliseconds.
 */
import type { NotificationRules } from '../policy/resolved-proof.ts';
import { iso } from './alert-channels.ts';
import { rankOf, routeOf } from './alert-routes.ts';
import { topicOf } from './alert-topics.ts';
import type { AlertFinding, ClosedAlert, OpenAlert } from './contract-alerts.ts';

/** So soon after its cure an alert is the same one, and so long may it be open again before people hear of it. */
export const soon = 10 * 60_000;

/** Somebody waits for an answer: asked again, it is another question. */
const questions: ReadonlySet<AlertFinding['kind']> = new Set(['approval-asked', 'attach-asked']);

/** What an alert that is found again takes from the one that was cured. */
export type Returned = Pick<OpenAlert, 'openedAt' | 'saidAt' | 'severeSince' | 'level'> & {
  returned: number;
  /** When people are told, unless it is over before. */
  hushedUntil: string;
};

/**
 * The alert that a finding opens again; null where it is a new one, because nothing like it was cured within the last
 * minutes, or because it is worse than it was, or a question. People are told when it has stayed for as long, or when it would have been
 * repeated had it never been cured, whichever comes first: so nobody is left for long with the word that it is over.
 */
export function returnedOf(
  closed: readonly ClosedAlert[],
  rules: NotificationRules,
  finding: AlertFinding,
  now: number,
): Returned | null {
  if (questions.has(finding.kind)) return null;
  const topic = topicOf(finding);
  const before = closed.find((each) => topicOf(each) === topic);
  if (before?.saidAt === undefined || before.severeSince === undefined) return null;
  if (now - Date.parse(before.closedAt) > soon || rankOf(finding.severity) > rankOf(before.severity))
    return null;
  const { openedAt, saidAt, severeSince, level = 0, returned = 0 } = before;
  const repeat = routeOf(rules, finding)?.repeat ?? 0;
  const repeatsAt = repeat === 0 ? Number.POSITIVE_INFINITY : Date.parse(saidAt) + repeat * 1000;
  return {
    openedAt,
    saidAt,
    severeSince,
    level,
    returned: returned + 1,
    hushedUntil: iso(Math.min(now + soon, repeatsAt)),
  };
}
