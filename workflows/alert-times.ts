/** What time does to alerts: repetitions, escalation, and when the next thing is due. Pure; instants in milliseconds. */
import type { NotificationRules } from '../policy/resolved-proof.ts';
import { type Addressed, iso, news, take } from './alert-channels.ts';
import { recipientsOf, routeOf } from './alert-routes.ts';
import { emptyMemory, observe } from './alert-state.ts';
import { topicOf, voicesOf } from './alert-topics.ts';
import type { AlertRecord, AlertsMemory, News, OpenAlert } from './contract-alerts.ts';

/** The part of a repetition's time by which it may come early, so that repetitions come together. */
const early = 0.1;

/** One message for one channel: the number tells it from others. */
export type Delivery = { channel: string; number: number; news: News[]; dropped: number };

/** What goes into the audit log: entries, and how many more there were of each kind. */
export type Recording = { records: AlertRecord[]; more: AlertsMemory['uncounted'] };

export type Ticked = { memory: AlertsMemory; deliveries: Delivery[]; recording: Recording | null };

/** What is due now: reminders and escalations are put on the way, and what has gathered is handed out for delivery. */
export function tick(before: AlertsMemory, rules: NotificationRules, now: number): Ticked {
  let memory = remind(end(before, rules, now), rules, now);
  const deliveries: Delivery[] = [];
  for (const channel of Object.keys(memory.channels)) {
    const taken = take(memory, channel, now);
    if (taken === null) continue;
    const { number, dropped } = taken;
    memory = taken.memory;
    deliveries.push({ channel, number, news: taken.news, dropped });
  }
  const { recordAt, unrecorded: records, uncounted: more } = memory;
  if (recordAt === null || Date.parse(recordAt) > now) return { memory, deliveries, recording: null };
  const { unrecorded, uncounted } = emptyMemory;
  return {
    memory: { ...memory, unrecorded, uncounted, recordAt: null },
    deliveries,
    recording: { records, more },
  };
}

/** Alerts whose time is over are cured as if their observer found them no more. */
function end(before: AlertsMemory, rules: NotificationRules, now: number): AlertsMemory {
  const ended = new Set(before.open.filter((alert) => endsAt(alert) <= now).map(({ observer }) => observer));
  let memory = before;
  for (const observer of ended) {
    const findings = memory.open.filter((alert) => alert.observer === observer && endsAt(alert) > now);
    memory = observe(memory, rules, { observer, at: iso(now), findings }, now);
  }
  return memory;
}

/** Never, also where what anybody may have sent is no time. */
const endsAt = ({ until = '' }: OpenAlert): number => {
  const at = Date.parse(until);
  return Number.isNaN(at) ? never : at;
};

function remind(memory: AlertsMemory, rules: NotificationRules, now: number): AlertsMemory {
  const voices = voicesOf(memory.open);
  const speaking = [...voices.values()];
  const repeating = speaking.some((alert) => repeatsAt(alert, rules) <= now);
  if (!repeating && !speaking.some((alert) => escalatesAt(alert, rules) <= now)) return memory;
  const told: Addressed[] = [];
  const changed = new Map<string, Pick<OpenAlert, 'level' | 'saidAt' | 'hushedUntil'>>();
  for (const [key, alert] of voices) {
    const level = levelOf(alert, rules, now);
    const knew = recipientsOf(rules, alert, alert.level);
    const all = recipientsOf(rules, alert, level);
    for (const channel of all)
      if (!knew.includes(channel)) told.push({ channel, news: { key, state: 'escalated' } });
    const ahead = (routeOf(rules, alert)?.repeat ?? 0) * 1000 * early;
    const repeats = repeating && repeatsAt(alert, rules) <= now + ahead;
    if (repeats) for (const channel of all) told.push({ channel, news: { key, state: 'still-open' } });
    const { saidAt, hushedUntil = null } = alert;
    changed.set(
      key,
      repeats ? { level, saidAt: iso(now), hushedUntil: null } : { level, saidAt, hushedUntil },
    );
  }
  const open = memory.open.map((alert) => ({ ...alert, ...changed.get(topicOf(alert)) }));
  return news({ ...memory, open }, told, now);
}

const never = Number.POSITIVE_INFINITY;

/** What has come back is told once its hush is over, also where the route repeats nothing. */
function repeatsAt(alert: OpenAlert, rules: NotificationRules): number {
  const { hushedUntil = null } = alert;
  if (hushedUntil !== null) return Date.parse(hushedUntil);
  const repeat = routeOf(rules, alert)?.repeat ?? 0;
  return repeat === 0 ? never : Date.parse(alert.saidAt) + repeat * 1000;
}

function escalatesAt(alert: OpenAlert, rules: NotificationRules): number {
  if ((alert.hushedUntil ?? null) !== null) return never;
  const step = routeOf(rules, alert)?.escalate[alert.level];
  return step === undefined ? never : Date.parse(alert.severeSince) + step.after * 1000;
}

function levelOf(alert: OpenAlert, rules: NotificationRules, now: number): number {
  let level = alert.level;
  while (escalatesAt({ ...alert, level }, rules) <= now) level += 1;
  return level;
}

/** When something is to be done next, if nobody says anything before; null: never. */
export function nextDue(memory: AlertsMemory, rules: NotificationRules): number | null {
  const due = [
    ...[...voicesOf(memory.open).values()].map((alert) =>
      Math.min(repeatsAt(alert, rules), escalatesAt(alert, rules)),
    ),
    ...memory.open.map(endsAt),
    ...Object.values(memory.channels).map(({ dueAt, underWay, news: waiting }) =>
      dueAt === null || underWay !== null || waiting.length === 0 ? never : Date.parse(dueAt),
    ),
    memory.recordAt === null ? never : Date.parse(memory.recordAt),
  ].reduce((first, each) => Math.min(first, each), never);
  return due === never ? null : due;
}
