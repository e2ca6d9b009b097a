/**
 * What people are told of: a kind and a subject. Two observers may find the same; each opens and cures an alert of its
 * own, and people hear of it once, and of its end when the last of them is cured. Pure.
 */
import { rankOf } from './alert-routes.ts';
import type { AlertFinding, OpenAlert } from './contract-alerts.ts';

export const topicOf = ({ kind, subject }: Pick<AlertFinding, 'kind' | 'subject'>): string =>
  `${kind}\n${subject}`;

/** The alert that speaks for each topic: the worst, of those the oldest. */
export function voicesOf(open: readonly OpenAlert[]): Map<string, OpenAlert> {
  const voices = new Map<string, OpenAlert>();
  for (const alert of open) {
    const topic = topicOf(alert);
    const voice = voices.get(topic);
    if (voice === undefined || speaksBefore(alert, voice)) voices.set(topic, alert);
  }
  return voices;
}

function speaksBefore(alert: OpenAlert, voice: OpenAlert): boolean {
  const worse = rankOf(alert.severity) - rankOf(voice.severity);
  return worse > 0 || (worse === 0 && alert.openedAt < voice.openedAt);
}

/** What has become of topics: those that are new, those that are worse than they were, and those that are over. */
export function changesOf(before: ReadonlyMap<string, OpenAlert>, after: ReadonlyMap<string, OpenAlert>) {
  const opened = [...after].filter(([topic]) => !before.has(topic));
  const worse = [...after].filter(([topic, { severity }]) => {
    const old = before.get(topic);
    return old !== undefined && rankOf(severity) > rankOf(old.severity);
  });
  const over = [...before].filter(([topic]) => !after.has(topic));
  return { opened, worse, over };
}
