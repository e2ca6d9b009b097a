/**
 * What becomes of the alerts when somebody observes something: pure. Each function gives the memory as it is afterwards;
 * times are instants in milliseconds, in the memory ISO 8601.
 */
import type { NotificationRules } from '../policy/resolved-proof.ts';
import { type Addressed, forget, iso, keyOf, news, settle } from './alert-channels.ts';
import { type Returned, returnedOf } from './alert-return.ts';
import { rankOf, recipientsOf, worstOf } from './alert-routes.ts';
import { changesOf, topicOf, voicesOf } from './alert-topics.ts';
import type {
  AlertFinding,
  AlertsMemory,
  Announcement,
  ClosedAlert,
  News,
  NewsFacts,
  Observation,
  OpenAlert,
} from './contract-alerts.ts';
import { shortened } from './shortened.ts';

/** More would not fit into what one run hands to the next. */
export const mostOpen = 1500;
const mostClosed = 100;
const mostHeard = 100;
const mostUnrecorded = 300;
/** An observation that is older than this comes no more. */
const forgottenAfter = 30 * 86_400_000;
const longestSentence = 400;
/** What is told once, and kept no longer than until it is told. */
const longestAnnouncement = 4000;
const longestSubject = 200;

export const emptyMemory: AlertsMemory = {
  open: [],
  closed: [],
  observers: {},
  heard: [],
  channels: {},
  unrecorded: [],
  uncounted: { 'alert.opened': 0, 'alert.closed': 0 },
  recordAt: null,
  messages: 0,
};

/**
 * What an observer finds now: new alerts open, known ones stay, and those of its own that it finds no more are cured.
 * An observation that is not newer than its last one changes nothing.
 *
 * @param steady whether what is found again within minutes is the same alert
 */
export function observe(
  memory: AlertsMemory,
  rules: NotificationRules,
  { observer, below, ...observation }: Observation,
  now: number,
  steady = true,
): AlertsMemory {
  // A clock that runs ahead must not silence the observer until it is overtaken.
  const at = Math.min(Date.parse(observation.at), now);
  const before = memory.observers[observer];
  if (Number.isNaN(at) || (before !== undefined && at <= Date.parse(before))) return memory;
  const isMine = (alert: OpenAlert) =>
    alert.observer === observer || (below === true && alert.observer.startsWith(`${observer}/`));
  const mine = memory.open.filter(isMine);
  const others = memory.open.filter((alert) => !isMine(alert));
  const known = new Map(mine.map((alert) => [keyOf(alert.observer, alert), alert]));
  const found = observation.findings.filter(
    (finding) => finding.lingers !== true || known.has(keyOf(observer, finding)),
  );
  const findings = fitting(observer, found, mostOpen - others.length);
  const voices = voicesOf(memory.open);
  const open = [...findings].map(([key, finding]) => {
    const voice = voices.get(topicOf(finding));
    const back = steady && voice === undefined ? returnedOf(memory.closed, rules, finding, now) : null;
    return seen(known.get(key), voice, back, observer, finding, at, now);
  });
  const opened = open.filter((alert) => !known.has(keyOf(observer, alert)));
  const cured = mine.filter((alert) => !findings.has(keyOf(alert.observer, alert)));
  const next: AlertsMemory = {
    ...memory,
    open: [...others, ...open],
    closed: [...cured.map((alert) => closedAt(alert, at)), ...memory.closed].slice(0, mostClosed),
    observers: { ...speaking(memory, now), [observer]: iso(at) },
  };
  const noted = noteForLog(noteForLog(next, 'alert.opened', opened, now), 'alert.closed', cured, now);
  return tellChanges(memory, noted, rules, at, now);
}

/** Observers that may still say something of what is open, or say something old: others are forgotten. */
function speaking({ observers, open }: AlertsMemory, now: number): AlertsMemory['observers'] {
  const needed = new Set(open.map((alert) => alert.observer));
  return Object.fromEntries(
    Object.entries(observers).filter(
      ([observer, at]) => needed.has(observer) || now - Date.parse(at) < forgottenAfter,
    ),
  );
}

/** A new alert knows what people know of its topic already; one that is back is what it was. */
function seen(
  old: OpenAlert | undefined,
  voice: OpenAlert | undefined,
  back: Returned | null,
  observer: string,
  finding: AlertFinding,
  at: number,
  now: number,
): OpenAlert {
  if (old === undefined)
    return {
      ...finding,
      observer,
      openedAt: iso(at),
      lastSeenAt: iso(at),
      notifiedAt: voice?.notifiedAt ?? null,
      told: voice?.told ?? [],
      saidAt: voice?.saidAt ?? iso(now),
      severeSince: voice?.severeSince ?? iso(at),
      level: voice?.level ?? 0,
      ...(voice?.hushedUntil == null ? {} : { hushedUntil: voice.hushedUntil }),
      ...back,
    };
  const { roles: _roles, until: _until, ...rest } = old;
  return { ...rest, ...finding, lastSeenAt: iso(at) };
}

const closedAt = (alert: OpenAlert, at: number): ClosedAlert => {
  const { kind, subject, severity, sentence, openedAt, saidAt, severeSince, level, returned } = alert;
  const what = { kind, subject, severity, sentence, openedAt, closedAt: iso(at) };
  return { ...what, saidAt, severeSince, level, ...(returned === undefined ? {} : { returned }) };
};

/** Whether it is back, and nobody is to hear of it yet. */
const isHushed = ({ hushedUntil = null }: OpenAlert): boolean => hushedUntil !== null;

/** Puts on the way to people what has opened, has become worse, or is over. */
function tellChanges(
  before: AlertsMemory,
  after: AlertsMemory,
  rules: NotificationRules,
  at: number,
  now: number,
): AlertsMemory {
  const { opened, worse, over } = changesOf(voicesOf(before.open), voicesOf(after.open));
  const risen = new Set(worse.map(([topic]) => topic));
  const anew = { saidAt: iso(now), severeSince: iso(at), level: 0, hushedUntil: null };
  const open = after.open.map((alert) => (risen.has(topicOf(alert)) ? { ...alert, ...anew } : alert));
  const to = (channels: string[], each: News): Addressed[] =>
    channels.map((channel) => ({ channel, news: each }));
  const told = [
    ...opened.flatMap(([key, alert]) =>
      isHushed(alert) ? [] : to(recipientsOf(rules, alert, alert.level), { key, state: 'opened' }),
    ),
    ...worse.flatMap(([key, alert]) => to(recipientsOf(rules, alert), { key, state: 'escalated' })),
    ...over.flatMap(([key, alert]) =>
      to(knowing(after, alert, key), { key, state: 'closed', over: factsOf(alert) }),
    ),
  ];
  return news({ ...after, open }, told, now);
}

/** The findings by key, each once and the worst of its kind, cut to what is kept; that some were cut is one more. */
function fitting(
  observer: string,
  findings: readonly AlertFinding[],
  room: number,
): Map<string, AlertFinding> {
  const found = new Map<string, AlertFinding>();
  for (const { lingers: _, ...each } of findings) {
    const finding = {
      ...each,
      subject: each.subject.slice(0, longestSubject),
      sentence: shortened(each.sentence, longestSentence),
    };
    const key = keyOf(observer, finding);
    const other = found.get(key);
    if (other === undefined || rankOf(finding.severity) > rankOf(other.severity)) found.set(key, finding);
  }
  if (found.size <= room) return found;
  const worst = [...found].sort(([, a], [, b]) => rankOf(b.severity) - rankOf(a.severity));
  const kept = worst.slice(0, Math.max(0, room - 1));
  const left = worst.slice(kept.length).map(([, finding]) => finding);
  const rest: AlertFinding = {
    kind: 'check-impossible',
    subject: observer,
    severity: worstOf(left.map(({ severity }) => severity)),
    sentence: `${observer} found ${left.length} more things wrong than are kept here. Cure what is told, or look where it was found.`,
  };
  return new Map([...kept, [keyOf(observer, rest), rest]]);
}

/** The channels that know of a topic, or are about to. */
function knowing({ channels }: AlertsMemory, { told }: OpenAlert, topic: string): string[] {
  const about = Object.entries(channels)
    .filter(([, { news: waiting, underWay }]) =>
      [...waiting, ...(underWay?.news ?? [])].some((each) => each.key === topic),
    )
    .map(([name]) => name);
  return [...new Set([...told, ...about])];
}

export const factsOf = (alert: OpenAlert): NewsFacts => {
  const { kind, subject, severity, sentence, openedAt: since, returned } = alert;
  return { kind, subject, severity, sentence, since, ...(returned === undefined ? {} : { returned }) };
};

function noteForLog(
  memory: AlertsMemory,
  action: 'alert.opened' | 'alert.closed',
  alerts: readonly OpenAlert[],
  now: number,
): AlertsMemory {
  if (alerts.length === 0) return memory;
  const records = alerts.map(({ observer, kind, subject, severity, sentence, returned }) => ({
    action,
    observer,
    alert: { kind, subject, severity, sentence },
    ...(returned === undefined ? {} : { returned }),
  }));
  const worst = [...memory.unrecorded, ...records].sort(
    (a, b) => rankOf(b.alert.severity) - rankOf(a.alert.severity),
  );
  const left = worst.slice(mostUnrecorded);
  const uncounted = { ...memory.uncounted };
  for (const { action: what } of left) uncounted[what] += 1;
  return {
    ...memory,
    unrecorded: worst.slice(0, mostUnrecorded),
    uncounted,
    recordAt: memory.recordAt ?? settle(now),
  };
}

/** What happened and needs no cure: told once, also when it is announced twice. */
export function announce(
  memory: AlertsMemory,
  rules: NotificationRules,
  { at, severity, subject, sentence, roles }: Announcement,
  now: number,
): AlertsMemory {
  const key = `announced\n${at}\n${subject}\n${sentence}`.slice(0, 300);
  if (memory.heard.includes(key)) return memory;
  const over: NewsFacts = {
    kind: 'announcement',
    subject: subject.slice(0, longestSubject),
    severity,
    sentence: shortened(sentence, longestAnnouncement),
    since: at,
  };
  const concern = { severity, ...(roles === undefined ? {} : { roles }) };
  const told = recipientsOf(rules, concern).map((channel) => ({
    channel,
    news: { key, state: 'announced' as const, over },
  }));
  return news({ ...memory, heard: [key, ...memory.heard].slice(0, mostHeard) }, told, now);
}

/** New rules: whoever is to know of an open alert by them and does not is told; channels that changed are tried at once. */
export function follow(
  memory: AlertsMemory,
  former: NotificationRules,
  rules: NotificationRules,
  now: number,
): AlertsMemory {
  const kept = forget(memory, former, rules, now);
  const told = [...voicesOf(kept.open)].flatMap(([key, alert]) => {
    const known = knowing(kept, alert, key);
    return recipientsOf(rules, alert, alert.level)
      .filter((channel) => !known.includes(channel))
      .map((channel) => ({ channel, news: { key, state: 'opened' as const } }));
  });
  return news(kept, told, now);
}
