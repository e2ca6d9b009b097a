import type { NotificationRules, Route, Severity } from '../policy/resolved-proof.ts';

/** The higher, the worse. */
const ranks: Record<Severity, number> = { info: 0, warning: 1, critical: 2 };

export const rankOf = (severity: Severity): number => ranks[severity];

export function worstOf(severities: readonly Severity[]): Severity {
  return severities.reduce((worst, each) => (rankOf(each) > rankOf(worst) ? each : worst), 'info');
}

/** Until somebody says who is told. */
export const noRules: NotificationRules = { channels: [], routes: [] };

/** Whom something concerns. */
export type Concern = { severity: Severity; roles?: string[] };

/**
 * The route that counts for an alert: the first of its severity that is about one of its roles or about all; an alert
 * of no role takes those that are about all. Where no such route is, the first of its severity: rather the wrong
 * people than nobody. Null where no route has its severity.
 */
export function routeOf({ routes }: NotificationRules, { severity, roles }: Concern): Route | null {
  const fitting = routes.filter(({ severities }) => severities.includes(severity));
  const meant = fitting.find(
    (route) => route.roles === undefined || route.roles.some((role) => roles?.includes(role)),
  );
  return meant ?? fitting[0] ?? null;
}

/**
 * The channels that are told of an alert after so many escalation steps, each once and known to the rules. What concerns
 * several roles reaches the route of each; repetition and escalation are those of the one that counts.
 */
export function recipientsOf(rules: NotificationRules, concern: Concern, level = 0): string[] {
  const route = routeOf(rules, concern);
  if (route === null) return [];
  const { severity, roles = [] } = concern;
  const others = roles.flatMap((role) => routeOf(rules, { severity, roles: [role] })?.to ?? []);
  const names = [...route.to, ...others, ...route.escalate.slice(0, level).flatMap(({ to }) => to)];
  return [...new Set(names)].filter((name) => rules.channels.some((channel) => channel.name === name));
}
