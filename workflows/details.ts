import type { BackupProgress, CopyState } from './contract.ts';

const marks: Record<CopyState, string> = {
  waiting: '· waiting',
  writing: '▸ writing',
  written: '▸ written, not verified',
  verified: '▸ verified',
  committed: '✓ committed',
  'catching-up': '↻ catching up from a good copy',
  missing: '✗ missing',
};

/** Progress as Markdown for the current details in Temporal's Web UI (about 20 KB at most). */
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
  const stream = progress.stream;
  if (stream !== undefined) {
    lines.push(
      '',
      `${stream.phase}: ${size(stream.bytes)} stored, ${size(stream.bytesPerSecond)}/s, ${Math.round(stream.elapsed)} s`,
    );
  }
  if (progress.warnings.length > 0)
    lines.push('', '**Warnings**', '', ...progress.warnings.map((text) => `- ${cell(text)}`));
  return lines.join('\n').slice(0, 18_000);
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').slice(0, 500);
