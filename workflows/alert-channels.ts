/** What each channel is still to be told, and when: pure. Times are instants in milliseconds. */
import type { NotificationRules } from '../policy/resolved-proof.ts';
import { rankOf } from './alert-routes.ts';
import { topicOf } from './alert-topics.ts';
import type { AlertFinding, AlertsMemory, ChannelMemory, News, NewsState } from './contract-alerts.ts';

/** Seconds in which what comes together becomes one message. */
export const gathering = 10;

/** Seconds until a channel that failed is tried again: doubling up to an hour's quarter; a permanent fault waits long. */
const firstPause = 15;
const longestPause = 900;
const pauseUntilActed = 6 * 3600;

/** News of what is over is copied into the memory, and so there is an end to it. */
const mostOver = 100;

export const iso = (at: number): string => new Date(at).toISOString();

/** What tells one alert from another: each observer cures its own. */
export const keyOf = (observer: string, { kind, subject }: Pick<AlertFinding, 'kind' | 'subject'>): string =>
  `${observer}\n${kind}\n${subject}`;

export const settle = (now: number): string => iso(now + gathering * 1000);

const unknown: ChannelMemory = {
  news: [],
  dropped: 0,
  dueAt: null,
  down: null,
  refused: null,
  underWay: null,
  again: null,
};

export type Addressed = { channel: string; news: News };

/** Puts news on the way to channels. */
export function news(memory: AlertsMemory, told: readonly Addressed[], now: number): AlertsMemory {
  if (told.length === 0) return memory;
  const added = new Map<string, News[]>();
  for (const { channel, news: each } of told) added.set(channel, [...(added.get(channel) ?? []), each]);
  const channels = { ...memory.channels };
  for (const [name, more] of added) {
    const channel = channels[name] ?? unknown;
    channels[name] = {
      ...channel,
      ...limited(merged(channel.news, more), channel.dropped),
      dueAt: channel.dueAt ?? settle(now),
      again: null,
    };
  }
  return { ...memory, channels };
}

/** Later news of the same thing takes the place of earlier news that nobody has heard. */
function merged(earlier: readonly News[], later: readonly News[]): News[] {
  const byKey = new Map(earlier.map((each) => [each.key, each]));
  for (const each of later) {
    const before = byKey.get(each.key);
    byKey.delete(each.key);
    byKey.set(each.key, before !== undefined && outlasts(before.state, each.state) ? before : each);
  }
  return [...byKey.values()];
}

/** Whoever has not heard that it opened hears that first. */
function outlasts(before: NewsState, after: NewsState): boolean {
  if (after === 'still-open') return before === 'opened' || before === 'escalated';
  return after === 'escalated' && before === 'opened';
}

function limited(all: News[], dropped: number): Pick<ChannelMemory, 'news' | 'dropped'> {
  const over = all.filter((each) => each.over !== undefined);
  if (over.length <= mostOver) return { news: all, dropped };
  const leastFirst = [...over].sort(
    (a, b) => rankOf(a.over?.severity ?? 'info') - rankOf(b.over?.severity ?? 'info'),
  );
  const gone = new Set(leastFirst.slice(0, over.length - mostOver));
  return { news: all.filter((each) => !gone.has(each)), dropped: dropped + gone.size };
}

/** Takes what is due in a channel; null while nothing is, or while a message is being sent there. */
export function take(
  memory: AlertsMemory,
  name: string,
  now: number,
): { memory: AlertsMemory; number: number; news: News[]; dropped: number } | null {
  const channel = memory.channels[name];
  if (channel === undefined || channel.underWay !== null || channel.news.length === 0) return null;
  if (channel.dueAt === null || Date.parse(channel.dueAt) > now) return null;
  const number = channel.again ?? memory.messages + 1;
  const sent = { number, news: channel.news, dropped: channel.dropped };
  const next = { ...channel, news: [], dropped: 0, dueAt: null, again: null, underWay: sent };
  return {
    memory: {
      ...memory,
      messages: Math.max(number, memory.messages),
      channels: { ...memory.channels, [name]: next },
    },
    ...sent,
  };
}

/** The message was sent: what came meanwhile gathers for the next one. */
export function delivered(
  memory: AlertsMemory,
  name: string,
  refused: readonly string[],
  now: number,
): AlertsMemory {
  const channel = memory.channels[name];
  if (channel?.underWay == null) return memory;
  const keys = new Set(channel.underWay.news.flatMap(({ key, over }) => (over === undefined ? [key] : [])));
  const open = memory.open.map((alert) =>
    keys.has(topicOf(alert))
      ? { ...alert, notifiedAt: iso(now), told: [...new Set([...alert.told, name])] }
      : alert,
  );
  const left = refused.length === 0 ? null : { since: iso(now), addresses: refused.slice(0, 20) };
  const next = { ...channel, underWay: null, down: null, refused: left };
  return { ...memory, open, channels: { ...memory.channels, [name]: next } };
}

/** The message was not sent: its news waits, together with what came meanwhile. */
export function undelivered(
  memory: AlertsMemory,
  name: string,
  fault: { sentence: string; permanent: boolean },
  now: number,
): AlertsMemory {
  const channel = memory.channels[name];
  if (channel?.underWay == null) return memory;
  const { number, news: unsent, dropped } = channel.underWay;
  const failures = (channel.down?.failures ?? 0) + 1;
  const pause = fault.permanent
    ? pauseUntilActed
    : Math.min(longestPause, firstPause * 2 ** Math.min(failures - 1, 10));
  const next: ChannelMemory = {
    refused: channel.refused,
    ...limited(merged(unsent, channel.news), dropped + channel.dropped),
    dueAt: iso(now + pause * 1000),
    down: { since: channel.down?.since ?? iso(now), sentence: fault.sentence, failures },
    underWay: null,
    again: channel.news.length === 0 ? number : null,
  };
  return { ...memory, channels: { ...memory.channels, [name]: next } };
}

/** Channels that the rules have no more are forgotten with their news; those that changed are tried at once. */
export function forget(
  memory: AlertsMemory,
  former: NotificationRules,
  rules: NotificationRules,
  now: number,
): AlertsMemory {
  const settingsOf = ({ mail, channels }: NotificationRules, name: string): string | null => {
    const channel = channels.find((each) => each.name === name);
    if (channel === undefined) return null;
    return JSON.stringify([channel, channel.kind === 'email' ? mail : null]);
  };
  const kept = Object.entries(memory.channels).flatMap(([name, channel]): [string, ChannelMemory][] => {
    const settings = settingsOf(rules, name);
    if (settings === null) return channel.underWay === null ? [] : [[name, { ...channel, news: [] }]];
    if (settings === settingsOf(former, name) || channel.down === null) return [[name, channel]];
    return [[name, retried(channel, now)]];
  });
  return { ...memory, channels: Object.fromEntries(kept) };
}

/** A channel that was found to work is told at once what waits for it. */
export function retry(memory: AlertsMemory, name: string, now: number): AlertsMemory {
  const channel = memory.channels[name];
  if (channel?.down == null) return memory;
  return { ...memory, channels: { ...memory.channels, [name]: retried(channel, now) } };
}

const retried = (channel: ChannelMemory, now: number): ChannelMemory => ({
  ...channel,
  dueAt: channel.news.length === 0 ? null : iso(now),
});
