import { describe, expect, it } from '@jest/globals';
import { restoreTestMarkdown } from '../../../reports/restore-test.ts';
import type { TestedPlan } from '../../../workflows/contract-restore-test.ts';
import { attemptOf } from '../../support/attempts.ts';

const tested = (changes: Partial<TestedPlan> = {}): TestedPlan => ({
  organization: 'Example BV',
  source: 'shop',
  at: '2026-12-06T01:00:00.000Z',
  zone: 'fra',
  workflowId: 'restore-test/shop-daily-2026-12-06T01:00:00Z',
  runId: '0197a1b2',
  result: 'passed',
  verdict: 'proven',
  plan: 'shop-daily',
  backup: { source: 'shop', backupId: '20261205T010000Z-1a2b3c4d' },
  picked: ['It is the turn of offsite.'],
  attempts: [attemptOf('offsite', { checks: [{ check: 'rows', outcome: 'passed', sentence: 'All rows.' }] })],
  rto: { target: 3600, measured: 192 },
  rpo: { target: 86_400, measured: 90_000 },
  healed: [],
  exceptions: [],
  ...changes,
});

describe('the report of a restore test', () => {
  it('tells what was proven, how, and what it took against the tier', () => {
    const text = restoreTestMarkdown(tested());
    expect(text).toContain('# Restore test of shop-daily: passed\n\nProven: ');
    expect(text).toContain(
      '| RTO | 3m 12s (from the start of the restore to the last check); the target of 1h is met |',
    );
    expect(text).toContain(
      '| RPO | 1d 1h (the longest time between two backups); the target of 1d is missed |',
    );
    expect(text).toContain('| rows | passed | All rows. |');
    expect(text).toContain('destroyed, and seen to be gone');
    expect(text).not.toContain('## Exceptions');
  });

  it('says that a backup which could not be tested is not proven (law 11)', () => {
    const reason = { code: 'disk-full' as const, sentence: 'The scratch place has no space left.' };
    const attempts = [
      attemptOf('offsite', { verdict: 'untested', reason, restoreSeconds: null, scratchGone: false }),
    ];
    const text = restoreTestMarkdown(
      tested({ result: 'aborted', verdict: 'untested', attempts, rto: { target: 3600, measured: null } }),
    );
    expect(text).toContain('Could not be tested: nobody knows whether it restores. This is no proof.');
    expect(text).toContain('| RTO | not measured |');
    expect(text).toContain('not seen to be gone');
    expect(text).not.toMatch(/\bProven\b/);
  });

  it('lets nothing from a database or a command turn into markup or into lines of its own', () => {
    const sentence = 'table "a|b"\n# Passed\n<img src=x onerror=alert(1)> [x](javascript:1)';
    const text = restoreTestMarkdown(
      tested({
        attempts: [attemptOf('offsite', { checks: [{ check: 'rows', outcome: 'failed', sentence }] })],
        exceptions: [sentence],
      }),
    );
    expect(text).not.toMatch(/^# Passed/m);
    expect(text).not.toContain('<img');
    expect(text).not.toContain('](javascript');
    const [row] = text.split('\n').filter((line) => line.startsWith('| rows'));
    expect(row?.split(/(?<!\\)\|/)).toHaveLength(5);
  });
});
