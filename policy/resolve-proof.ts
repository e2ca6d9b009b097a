import { listPrices } from './list-prices.ts';
import { lookUp } from './lookup.ts';
import type { Person } from './resolved.ts';
import type {
  Channel,
  MailServer,
  NotificationRules,
  Ping,
  Prices,
  ResolvedChecks,
  Route,
} from './resolved-proof.ts';
import { severities } from './resolved-proof.ts';
import type { Policy } from './schema.ts';

type Notifications = NonNullable<Policy['notifications']>;

/** The zone whose workers run the checks: the policy's, else the first that signs, since reports of checks are signed. */
export function checksZone({ checks, zones }: Pick<Policy, 'checks' | 'zones'>): string {
  const names = Object.keys(zones);
  return checks.zone ?? names.find((name) => zones[name]?.signingKey !== undefined) ?? names[0] ?? '';
}

export function resolveChecks(policy: Policy): ResolvedChecks {
  const { health, copies } = policy.checks;
  const { schedule: healthSchedule, ping: written, ...thresholds } = health;
  const ping = resolvePing(written);
  const { schedule: copiesSchedule, ...rule } = copies;
  return {
    zone: checksZone(policy),
    health: { ...healthSchedule, ...thresholds, ...(ping === undefined ? {} : { ping }) },
    copies: { ...copiesSchedule, ...rule },
    residency: policy.residency ?? null,
  };
}

/** Who is told of what; without routes every channel of everything. */
export function resolveNotifications(
  notifications: Policy['notifications'],
  people: Person[],
): NotificationRules {
  if (notifications === undefined) return { channels: [], routes: [] };
  const { mail, channels, routes } = notifications;
  const names = Object.keys(channels);
  const everything: Route[] =
    names.length === 0 ? [] : [{ severities: [...severities], to: names, repeat: 4 * 3600, escalate: [] }];
  return {
    ...(mail === undefined ? {} : { mail: resolveMail(mail) }),
    channels: Object.entries(channels).map(([name, channel]) => resolveChannel(name, channel, people)),
    routes: routes?.map(resolveRoute) ?? everything,
  };
}

const ports = { starttls: 587, tls: 465, none: 25 };

function resolveMail(mail: NonNullable<Notifications['mail']>): MailServer {
  const { host, port, security, from, user, password, caFile } = mail;
  return {
    host,
    port: port ?? ports[security],
    security,
    from,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(caFile === undefined ? {} : { caFile }),
  };
}

function resolveChannel(name: string, channel: Notifications['channels'][string], people: Person[]): Channel {
  if (channel.kind === 'email') {
    const held = addressesOf(channel.roles ?? [], people);
    return { name, kind: 'email', to: [...new Set([...(channel.to ?? []), ...held])] };
  }
  if (channel.kind === 'slack') return { name, kind: 'slack', url: channel.url };
  const { url, secret } = channel;
  return { name, kind: 'webhook', url, ...(secret === undefined ? {} : { secret }) };
}

function addressesOf(roles: string[], people: Person[]): string[] {
  return people.flatMap(({ roles: held, email }) =>
    email !== undefined && roles.some((role) => held.includes(role)) ? [email] : [],
  );
}

function resolveRoute(route: NonNullable<Notifications['routes']>[number]): Route {
  const { severity, roles, to, repeat, escalate } = route;
  return {
    severities: severity ?? [...severities],
    to,
    repeat,
    escalate,
    ...(roles === undefined ? {} : { roles }),
  };
}

export function resolvePing(ping: Policy['plans'][string]['ping']): Ping | undefined {
  return ping === undefined ? undefined : { url: ping.url };
}

/** The policy's prices before the list prices, which are in their own currency and count in no other. */
export function resolvePrices({ currency, asOf, perGiB, budget }: Policy['prices']): Prices {
  const own = Object.entries(perGiB).map(([of, price]) => ({ of, perGiB: price }));
  const listed =
    currency === listPrices.currency
      ? listPrices.table.filter(({ of }) => lookUp(perGiB, of) === undefined)
      : [];
  return { currency, asOf: asOf ?? listPrices.asOf, table: [...own, ...listed], budget: budget ?? null };
}
