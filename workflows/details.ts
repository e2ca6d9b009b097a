import { counted } from '../policy/units.ts';
import type { BackupProgress, BackupResult, CopyState } from './contract-backup.ts';
import { cell } from './markdown.ts';

const marks: Record<CopyState, string> = {
  waiting: '· waiting',
  writing: '▸ writing',
  written: '▸ written, not verified',
  verified: '▸ verified',
  committed: '✓ committed',
  'catching-up': '↻ catching up from a good copy',
  missing: '✗ missing',
};

/** Temporal shows some 20 KB. */
const limit = 18_000;

/** Progress as Markdown for the current details in Temporal's Web UI. */
export function progressMarkdown(progress: BackupProgress, size: (bytes: number) => string): string {
  const lines = [
    `### ${progress.plan}: ${progress.phase}`,
    '',
    `Backup \`${progress.backupId}\`, started ${progress.startedAt}`,
    '',
    '| copy | state | note |',
    '| --- | --- | --- |',
    ...progress.copies.map(
      (copy) => `| ${copy.repository} | ${marks[copy.state]} | ${cell(copy.note ?? '')} |`,
    ),
  ];
  if (progress.reason !== undefined) lines.push('', cell(progress.reason));
  const stream = progress.stream;
  if (stream !== undefined) {
    lines.push(
      '',
      `${stream.phase}: ${size(stream.bytes)} stored, ${size(stream.bytesPerSecond)}/s, ${Math.round(stream.elapsed)} s`,
    );
  }
  if (progress.warnings.length > 0)
    lines.push('', '**Warnings**', '', ...progress.warnings.map((text) => `- ${cell(text)}`));
  return lines.join('\n').slice(0, limit);
}

/** What a backup came to, as Markdown: the last word of the current details. */
export function resultMarkdown(result: BackupResult, size: (bytes: number) => string): string {
  const rows =
    result.rows === null ? 'not counted' : `${result.rows} in ${counted(result.tables ?? 0, 'table')}`;
  const lines = [
    `### ${result.plan}: ${result.result}`,
    '',
    `Backup \`${result.backupId}\`: data of ${result.dataTime}, ${size(result.bytes)} stored, rows ${rows}`,
    '',
    '| copy | state | note |',
    '| --- | --- | --- |',
    ...result.copies.map(
      (copy) => `| ${copy.repository} | ${marks[copy.state]} | ${cell(copy.sentence ?? '')} |`,
    ),
    ...result.warnings.flatMap((text) => ['', `Warning: ${cell(text)}`]),
  ];
  return lines.join('\n').slice(0, limit);
}
