import { rankOf } from './alert-routes.ts';
import type { AlertsState, OpenAlert } from './contract-alerts.ts';
import { shortened } from './shortened.ts';

/** Temporal shows some 20 KB. */
const limit = 18_000;
const longestTable = 60;

/** The open alerts as Markdown for the current details in Temporal's Web UI, the worst first. */
export function alertsMarkdown({ open, undelivered, unrecorded }: AlertsState): string {
  const lines = [`### ${open.length === 0 ? 'No open alerts' : `Open alerts: ${open.length}`}`, ''];
  for (const { channel, since, sentence, messages } of undelivered)
    lines.push(`**${channel}, since ${since}**, ${messages} not told: ${cell(sentence)}`, '');
  if (unrecorded !== null) lines.push(`**The audit log lacks something**: ${cell(unrecorded)}`, '');
  if (open.length > 0)
    lines.push(
      '| severity | kind | subject | since | told | |',
      '| --- | --- | --- | --- | --- | --- |',
      ...[...open].sort(worstFirst).slice(0, longestTable).map(row),
    );
  if (open.length > longestTable) lines.push('', `And ${open.length - longestTable} more.`);
  return lines.join('\n').slice(0, limit);
}

function row({ severity, kind, subject, openedAt, returned, notifiedAt, sentence }: OpenAlert): string {
  const since = returned === undefined ? openedAt : `${openedAt}, came back ${returned}×`;
  return `| ${severity} | ${kind} | ${cell(subject)} | ${since} | ${notifiedAt ?? 'nobody yet'} | ${cell(sentence)} |`;
}

/** The worst first, then the oldest. */
export function worstFirst(a: OpenAlert, b: OpenAlert): number {
  return rankOf(b.severity) - rankOf(a.severity) || (a.openedAt < b.openedAt ? -1 : 1);
}

const cell = (text: string): string => shortened(text.replaceAll(/\s+/g, ' '), 200).replaceAll('|', '\\|');
