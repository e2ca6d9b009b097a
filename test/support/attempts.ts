import type { TestAttempt } from '../../workflows/contract-restore-test.ts';

/** An attempt of a restore test that proved the copy, for tests that care for a few of its fields. */
export function attemptOf(repository: string, changes: Partial<TestAttempt> = {}): TestAttempt {
  return {
    repository,
    verdict: 'proven',
    reason: null,
    signedBy: 'worker-fra',
    startedAt: '2026-12-06T01:00:00.000Z',
    endedAt: '2026-12-06T01:03:12.000Z',
    restoreSeconds: 120,
    totalSeconds: 192,
    bytes: 1_048_576,
    tables: 2,
    rows: 1000,
    checks: [],
    warnings: [],
    scratchGone: true,
    dataTime: '2026-12-06T00:59:00.000Z',
    newestRow: null,
    ...changes,
  };
}
