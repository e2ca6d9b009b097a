/**
 * Whether what a Signal brings can be followed. Anybody may send one of that name with anything in it, and what throws in
 * a handler would hold up all alerts for good. Pure.
 */
import { type Severity, severities } from '../policy/resolved-proof.ts';
import type { AlertFinding, AlertsRules, Announcement, Observation } from './contract-alerts.ts';
import { textIn } from './hear.ts';

export function isObservation(sent: unknown): sent is Observation {
  const findings = fieldOf(sent, 'findings');
  return (
    textIn(sent, 'observer') !== null && hasTime(sent) && Array.isArray(findings) && findings.every(isFinding)
  );
}

export const isAnnouncement = (sent: unknown): sent is Announcement => hasTime(sent) && isTold(sent);

export function areRules(sent: unknown): sent is AlertsRules {
  const rules = fieldOf(sent, 'rules');
  const [channels, routes] = [fieldOf(rules, 'channels'), fieldOf(rules, 'routes')];
  return (
    Array.isArray(channels) &&
    channels.every((channel: unknown) => textIn(channel, 'name') !== null) &&
    Array.isArray(routes) &&
    routes.every(isRoute)
  );
}

const isFinding = (sent: unknown): sent is AlertFinding => textIn(sent, 'kind') !== null && isTold(sent);

const isTold = (sent: unknown): boolean =>
  isSeverity(textIn(sent, 'severity')) &&
  textIn(sent, 'subject') !== null &&
  textIn(sent, 'sentence') !== null &&
  areTexts(fieldOf(sent, 'roles') ?? []);

const isRoute = (sent: unknown): boolean =>
  areTexts(fieldOf(sent, 'severities')) &&
  areTexts(fieldOf(sent, 'to')) &&
  Array.isArray(fieldOf(sent, 'escalate'));

const isSeverity = (text: string | null): text is Severity =>
  severities.some((severity) => severity === text);

const hasTime = (sent: unknown): boolean => Number.isFinite(Date.parse(textIn(sent, 'at') ?? ''));

const areTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((each: unknown) => typeof each === 'string');

function fieldOf(sent: unknown, field: string): unknown {
  if (typeof sent !== 'object' || sent === null) return undefined;
  return new Map<string, unknown>(Object.entries(sent)).get(field);
}
