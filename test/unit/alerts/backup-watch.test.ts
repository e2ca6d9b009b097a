import { describe, expect, it } from '@jest/globals';
import { failureFinding, failureText, findingsOf, successText } from '../../../workflows/backup-watch.ts';
import type { BackupResult } from '../../../workflows/contract-backup.ts';

function resultWith(changes: Partial<BackupResult> = {}): BackupResult {
  return {
    result: 'passed',
    source: 'shop',
    startedAt: '2026-11-21T01:00:00.000Z',
    endedAt: '2026-11-21T01:01:00.000Z',
    plan: 'shop-daily',
    backupId: '20261121T010000Z-1a2b3c4d',
    dataTime: '2026-11-21T01:00:00.000Z',
    bytes: 2048,
    rawBytes: 8192,
    tables: 4,
    rows: 1000,
    copies: [{ repository: 'local', state: 'committed' }],
    exceptions: [],
    warnings: [],
    ...changes,
  };
}

describe('what the alerts are told of a backup', () => {
  it('is nothing where all copies were made, which cures what was wrong', () => {
    expect(findingsOf(resultWith())).toEqual([]);
  });

  it('is which copies it lacks', () => {
    const exceptions = ['offsite: The service does not answer.'];
    expect(findingsOf(resultWith({ result: 'passed-with-exceptions', exceptions }))).toEqual([
      {
        kind: 'too-few-copies',
        subject: 'shop-daily',
        severity: 'warning',
        sentence: 'Backup 20261121T010000Z-1a2b3c4d lacks copies. offsite: The service does not answer.',
      },
    ]);
  });

  it('is why none was made', () => {
    const reason = { code: 'disk-full' as const, sentence: 'Repository local has no room.' };
    expect(failureFinding('shop-daily', reason)).toMatchObject({
      kind: 'backup-failed',
      severity: 'critical',
      sentence: expect.stringContaining('Repository local has no room.'),
    });
  });
});

describe('what a watcher outside is told of a backup', () => {
  it('is what it came to, with what it lacks', () => {
    const text = successText(
      resultWith({ exceptions: ['offsite: It is away.'], warnings: ['It was slow.'], rows: null }),
    );
    expect(text.split('\n')).toEqual([
      'shop-daily: passed',
      'backup 20261121T010000Z-1a2b3c4d, data of 2026-11-21T01:00:00.000Z, 2.0 KiB stored',
      'rows not counted',
      'copy in local: committed',
      'offsite: It is away.',
      'warning: It was slow.',
    ]);
  });

  it('is why there is none, last, since a long text is cut at its beginning', () => {
    const reason = { code: 'disk-full' as const, sentence: 'Repository local has no room.' };
    const text = failureText('shop-daily', 'failed', reason, ['It was slow.']);
    expect(text.split('\n')).toEqual([
      'warning: It was slow.',
      'shop-daily: failed (disk-full)',
      'Repository local has no room.',
    ]);
  });
});
