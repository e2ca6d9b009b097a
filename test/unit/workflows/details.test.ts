import { describe, expect, it } from '@jest/globals';
import { formatBytes } from '../../../policy/units.ts';
import type { BackupProgress, BackupResult } from '../../../workflows/contract-backup.ts';
import { progressMarkdown, resultMarkdown } from '../../../workflows/details.ts';

const progress: BackupProgress = {
  plan: 'shop-daily',
  backupId: '20261121T010000Z-1a2b3c4d',
  phase: 'dumping',
  startedAt: '2026-11-21T01:00:00.000Z',
  copies: [
    { repository: 'local', state: 'writing' },
    { repository: 'offsite', state: 'missing', note: 'a pipe | and\na line' },
  ],
  stream: { phase: 'dumping data', bytes: 2 ** 30, bytesPerSecond: 2 ** 20, elapsed: 61 },
  warnings: [],
};

describe('current details', () => {
  it('show each copy, and how far the stream is', () => {
    const text = progressMarkdown(progress, formatBytes);
    expect(text).toContain('| local | ▸ writing |  |');
    expect(text).toContain('dumping data: 1.0 GiB stored, 1.0 MiB/s, 61 s');
  });

  it('keep a table whole whatever an error says', () => {
    expect(progressMarkdown(progress, formatBytes)).toContain(
      '| offsite | ✗ missing | a pipe \\| and a line |',
    );
  });

  it('say why a run failed', () => {
    const failed = progressMarkdown(
      { ...progress, phase: 'failed', reason: 'The password is wrong.' },
      formatBytes,
    );
    expect(failed).toContain('### shop-daily: failed');
    expect(failed).toContain('The password is wrong.');
  });

  it('stay within what Temporal shows', () => {
    const long = { ...progress, warnings: Array.from({ length: 1000 }, () => 'x'.repeat(400)) };
    expect(progressMarkdown(long, formatBytes).length).toBeLessThanOrEqual(18_000);
  });

  it('end with what the backup came to', () => {
    const result: BackupResult = {
      result: 'passed-with-exceptions',
      plan: 'shop-daily',
      source: 'shop',
      backupId: progress.backupId,
      startedAt: progress.startedAt,
      dataTime: '2026-11-21T01:00:01.000Z',
      endedAt: '2026-11-21T01:01:00.000Z',
      bytes: 2 ** 20,
      rawBytes: null,
      tables: 3,
      rows: 42,
      copies: [
        { repository: 'local', state: 'committed' },
        { repository: 'offsite', state: 'missing', sentence: 'The bucket is gone.' },
      ],
      exceptions: [],
      warnings: ['The key expires soon.'],
    };
    const text = resultMarkdown(result, formatBytes);
    expect(text).toContain('1.0 MiB stored, rows 42 in 3 tables');
    expect(text).toContain('| offsite | ✗ missing | The bucket is gone. |');
    expect(text).toContain('Warning: The key expires soon.');
  });
});
