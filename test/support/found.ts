import type { FoundReport, FoundRun, FoundTest } from '../../workflows/contract-report.ts';

const kept = (kind: FoundReport['kind'], subject: string, at: string, result: string): FoundReport => ({
  path: `${kind}/2026/11/${at.slice(0, 10).replaceAll('-', '')}T000000Z-${subject}`,
  ...{ kind, subject, at, result },
  sha256: 'f'.repeat(64),
  signedBy: 'fra',
});

/** A report of any kind, as it is found. */
export const foundOf = kept;

/** A restore test that proved a backup, with what the test cares about. */
export const foundTest = (at: string, test: Partial<FoundTest> = {}): FoundReport => ({
  ...kept('restore-test', test.plan ?? 'shop-daily', at, test.verdict === 'disproven' ? 'failed' : 'passed'),
  test: {
    plan: 'shop-daily',
    backupId: '20261121T010000Z-1a2b3c4d',
    repository: 'offsite',
    verdict: 'proven',
    sentence: null,
    rto: { target: 14_400, measured: 600 },
    rpo: { target: 86_400, measured: 90_000 },
    ...test,
  },
});

/** A rehearsal of the shop's failover that passed. */
export const foundRun = (at: string, run: Partial<FoundRun> = {}, result = 'passed'): FoundReport => ({
  ...kept(run.mode === 'real' ? 'failover' : 'drill', run.runbook ?? 'shop-failover', at, result),
  run: {
    runbook: 'shop-failover',
    mode: 'drill',
    kind: null,
    version: 'v',
    workflowId: 'drill/shop-failover',
    declaredAt: at,
    rto: { target: 3600, measured: 240 },
    rpo: { target: 3600, measured: 5 },
    exceptions: 0,
    ...run,
  },
});
