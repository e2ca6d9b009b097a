import type { HealthResult } from './contract-checks.ts';
import { cell } from './markdown.ts';

/** Temporal shows some 20 KB. */
const limit = 18_000;
const shown = 40;

/** What a look at the whole fleet found, as Markdown for the current details. */
export function healthMarkdown({ at, findings, unchecked, tidied }: HealthResult): string {
  const well = findings.length + unchecked.length === 0;
  return [
    `### Health at ${at}: ${well ? 'all is well' : `${findings.length} found`}`,
    ...table(findings.map(({ severity, kind, subject, sentence }) => [severity, kind, subject, sentence])),
    ...bullets(
      'Not looked at',
      unchecked.map(({ subject, sentence }) => `${subject}: ${sentence}`),
    ),
    ...bullets(
      'Removed, left behind by workers that are gone',
      tidied.map(({ zone, removed }) => `${zone}: ${removed.join(', ')}`),
    ),
  ]
    .join('\n')
    .slice(0, limit);
}

/** What a watcher outside is told of a look: that there was one, and what it found. */
export const pingText = ({ at, findings, unchecked }: HealthResult): string =>
  [
    `health at ${at}: ${findings.length} found, ${unchecked.length} not looked at`,
    ...findings.map(({ severity, kind, subject }) => `${severity} ${kind} ${subject}`),
  ].join('\n');

function table(rows: string[][]): string[] {
  if (rows.length === 0) return [];
  return [
    '',
    '| severity | what | of | |',
    '| --- | --- | --- | --- |',
    ...rows.slice(0, shown).map((cells) => `| ${cells.map(cell).join(' | ')} |`),
    ...(rows.length > shown ? ['', `And ${rows.length - shown} more.`] : []),
  ];
}

function bullets(title: string, lines: string[]): string[] {
  if (lines.length === 0) return [];
  const more = lines.length > shown ? [`- and ${lines.length - shown} more`] : [];
  return ['', `**${title}**`, '', ...lines.slice(0, shown).map((line) => `- ${cell(line)}`), ...more];
}
