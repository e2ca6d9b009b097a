import type { DrillWatchResult } from '../contract-drills.ts';
import { cell } from '../markdown.ts';
import { wallTime } from './text.ts';

/** Temporal shows some 20 KB. */
const limit = 18_000;

/** What a look after the drills found, as Markdown for the current details. */
export function drillsMarkdown(
  { at, memory, findings, told, warnings }: Omit<DrillWatchResult, 'result'>,
  timezone: string,
): string {
  const time = (instant: string | null | undefined): string =>
    instant === null || instant === undefined ? '' : wallTime(instant, timezone);
  return [
    `### Drills at ${at}`,
    '',
    '| drill | next | held last | |',
    '| --- | --- | --- | --- |',
    ...Object.entries(memory).map(
      ([id, { upcoming, held, told: of }]) =>
        `| ${[id, time(upcoming[0]), time(held), of.length === 0 ? '' : 'told'].map(cell).join(' | ')} |`,
    ),
    ...[...findings.map(({ sentence }) => sentence), ...told, ...warnings].flatMap((sentence) => [
      '',
      `- ${cell(sentence)}`,
    ]),
  ]
    .join('\n')
    .slice(0, limit);
}
