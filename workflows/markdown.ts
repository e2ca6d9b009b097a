/** Pieces of the Markdown that Temporal's Web UI shows as current details. */
import type { CountedApproval } from './contract-approval.ts';
import { shortened } from './shortened.ts';

/** A text that keeps to its cell of a table, or to its line. */
export const cell = (text: string): string =>
  shortened(text.replaceAll(/\s+/g, ' '), 500).replaceAll('|', '\\|');

/** A titled list; nothing where there is nothing to list. */
export function bullets(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `**${title}**`, '', ...lines.map((line) => `- ${cell(line)}`)];
}

/** Who approved, when, with which key. */
export function approvalsTable(approvals: readonly CountedApproval[], needed: number): string[] {
  if (approvals.length === 0) return [];
  return [
    '',
    `| approved (${approvals.length} of ${needed}) | at | key |`,
    '| --- | --- | --- |',
    ...approvals.map(({ by, at, key }) => `| ${cell(by)} | ${at} | ${key ?? 'by name'} |`),
  ];
}
