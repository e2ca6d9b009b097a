import { describe, expect, it } from '@jest/globals';
import { auditReport } from '../../../checks/audit-report.ts';
import { auditMarkdown } from '../../../reports/audit.ts';
import type { AuditFacts, FoundReport, FoundTest, ReportedPlan } from '../../../workflows/contract-report.ts';
import type { PlanCopies, RepositorySurvey } from '../../../workflows/contract-survey.ts';

const place = {
  zone: 'fra',
  region: 'EU',
  site: 'de-fra1',
  medium: 'disk',
  kind: 'filesystem',
  keepFree: 0,
} as const;
const tier = { name: 'critical', rpo: 3600, rto: 600 };

const plan = (name: string, changes: Partial<ReportedPlan> = {}): ReportedPlan => ({
  name,
  source: 'shop',
  tier,
  copies: [{ name: 'local' }, { name: 'offsite' }],
  airgapped: [],
  schedule: { cron: '0 2 * * *' },
  tested: true,
  shared: false,
  ...changes,
});

const copies = (changes: Partial<PlanCopies> = {}): PlanCopies => ({
  plan: 'daily',
  source: 'shop',
  count: 3,
  bytes: 2 ** 30,
  newest: '20261231T020000Z-00000000',
  oldest: '20261229T020000Z-00000000',
  proven: null,
  tested: null,
  ...changes,
});

const survey = (
  repository: string,
  plans: PlanCopies[],
  unreadable: string | null = null,
): RepositorySurvey => ({
  ...{ repository, unreadable, plans, free: null, size: null, requests: 1 },
});

function tested(at: string, changes: Partial<FoundTest> = {}): FoundReport {
  const path = `restore-test/2026/12/${at}`;
  return {
    ...{ path, kind: 'restore-test', subject: 'daily', at, sha256: '', signedBy: 'fra', result: 'passed' },
    test: {
      ...{ plan: 'daily', backupId: 'b', repository: 'local', verdict: 'proven', sentence: null },
      rto: { target: 600, measured: 60 },
      rpo: { target: 3600, measured: 86_400 },
      ...changes,
    },
  };
}

function facts({
  input,
  ...changes
}: Partial<Omit<AuditFacts, 'input'>> & { input?: Partial<AuditFacts['input']> } = {}): AuditFacts {
  return {
    input: {
      ...{ organization: 'Example BV', policyHash: 'abc', timezone: 'UTC', sources: ['shop'] },
      period: { name: '2026Q4', from: '2026-10-01T00:00:00.000Z', to: '2027-01-01T00:00:00.000Z' },
      plans: [plan('daily')],
      repositories: [
        { ...place, name: 'local', path: '/local' },
        { ...place, name: 'offsite', path: '/offsite' },
      ],
      prices: { currency: 'EUR', asOf: '2026-11-01', table: [{ of: 'local', perGiB: 2 }], budget: 10 },
      recommendations: [],
      ...input,
    },
    at: '2027-01-01T02:00:00.000Z',
    run: { workflowId: 'report/2026Q4/1', runId: 'r' },
    reports: [],
    surveys: [survey('local', [copies()]), survey('offsite', [copies()])],
    incidents: null,
    exceptions: [],
    ...changes,
  };
}

describe('the report of a quarter', () => {
  it('says of each plan what is there, and what is missing', () => {
    const { coverage } = auditReport(
      facts({
        input: { sources: ['shop', 'idle'], plans: [plan('daily', { airgapped: [{ name: 'safe' }] })] },
        surveys: [
          survey('local', [copies({ count: 2, newest: '20261230T020000Z-00000000' })]),
          survey('offsite', [copies({ count: 0, newest: null, oldest: null })]),
        ],
      }),
    );
    expect(coverage).toMatchObject({ sources: 2, unprotected: ['idle'] });
    expect(coverage.plans).toMatchObject([
      {
        ...{ wanted: ['local', 'offsite'], held: ['local'], airgapped: ['safe'], backups: 2 },
        ...{ newest: '2026-12-30T02:00:00.000Z', oldest: '2026-12-29T02:00:00.000Z', age: 2 * 86_400 },
      },
    ]);
  });

  it('counts tests by what they proved, with the worst times and the reasons', () => {
    const { coverage, tests } = auditReport(
      facts({
        input: { plans: [plan('daily'), plan('other')] },
        reports: [
          tested('2026-12-01T00:00:00Z'),
          tested('2026-12-03T00:00:00Z', { rto: { target: 600, measured: 900 } }),
          tested('2026-12-04T00:00:00Z', {
            verdict: 'disproven',
            sentence: 'Table t: 5 rows, and 4 restored.',
          }),
          tested('2026-12-05T00:00:00Z', { verdict: 'untested', sentence: 'The disk is full.' }),
        ],
      }),
    );
    expect(coverage.unproven).toEqual(['other']);
    expect(coverage.plans[0]).toMatchObject({
      ...{ proven: 2, disproven: 1, untested: 1, lastProven: '2026-12-03T00:00:00Z' },
      ...{ rto: { target: 600, measured: 900 }, rpo: { target: 3600, measured: 86_400 } },
    });
    expect(tests).toMatchObject({ proven: 2, disproven: 1, untested: 1, more: 0 });
    expect(tests.failures.map(({ verdict, sentence }) => [verdict, sentence])).toEqual([
      ['untested', 'The disk is full.'],
      ['disproven', 'Table t: 5 rows, and 4 restored.'],
    ]);
  });

  it('knows the last proof from before the quarter by its marker', () => {
    const proven = { backupId: 'b', at: '2026-08-01T00:00:00.000Z' };
    const { coverage } = auditReport(facts({ surveys: [survey('local', [copies({ proven })])] }));
    expect(coverage.plans[0]).toMatchObject({ proven: 0, lastProven: proven.at });
    expect(coverage.unproven).toEqual(['daily']);
  });

  it('does not take a repository that is away for an empty one', () => {
    const { storage } = auditReport(
      facts({ surveys: [survey('local', [], 'The disk is not mounted.'), survey('offsite', [copies()])] }),
    );
    expect(storage.repositories).toMatchObject([
      { repository: 'local', bytes: null, backups: null, unreadable: 'The disk is not mounted.' },
      { repository: 'offsite', bytes: 2 ** 30, backups: 3, unreadable: null },
    ]);
    expect(storage.cost).toMatchObject({ now: null, unpricedBytes: 2 ** 30 });
  });

  it('is clean only where everything was looked at', () => {
    expect(auditReport(facts()).result).toBe('passed');
    expect(auditReport(facts({ exceptions: ['x'] })).result).toBe('passed-with-exceptions');
  });
});

describe('the same as Markdown', () => {
  it('says first what somebody reads who reads no more', () => {
    const [, , first = ''] = auditMarkdown(
      auditReport(
        facts({
          input: { sources: ['shop', 'idle'], plans: [plan('daily'), plan('other')] },
          reports: [tested('2026-12-04T00:00:00Z', { verdict: 'disproven' })],
          exceptions: ['What offsite holds could not be read: it is away.'],
        }),
      ),
    ).split('\n');
    expect(first).toBe(
      '1 of 2 sources have a plan. 1 of 2 plans have no backup. 2 of 2 plans were not proven by a restore test: daily, other. 1 restore test found a bad copy. 1 thing could not be looked at.',
    );
  });

  it('has a sentence where there is nothing to list', () => {
    const text = auditMarkdown(
      auditReport(facts({ input: { plans: [], sources: [], repositories: [] }, surveys: [] })),
    );
    for (const sentence of [
      'There are no plans.',
      'There is no repository.',
      'Nothing is stored.',
      'There is no audit log to tell.',
      'The policy has no weakness that is known.',
      'Everything that was to be read could be read.',
    ])
      expect(text).toContain(sentence);
    expect(text).not.toContain('undefined');
  });

  it('lets no text of others become markup or further lines', () => {
    const sentence = 'a | b\n# c <img src=x> [d](javascript:e)';
    const text = auditMarkdown(
      auditReport(
        facts({
          reports: [tested('2026-12-04T00:00:00Z', { verdict: 'untested', sentence })],
          exceptions: [sentence],
        }),
      ),
    );
    expect(text).toContain('a \\| b # c &lt;img src=x> [d]\\(javascript:e)');
    expect(text).not.toMatch(/^# c/m);
    expect(text).not.toContain('<img');
    expect(text).not.toContain('](javascript');
  });

  it('names ten plans and counts the others', () => {
    const plans = Array.from({ length: 14 }, (_, index) => plan(`plan-${index}`));
    expect(auditMarkdown(auditReport(facts({ input: { plans } })))).toContain('plan-9 and 4 more.');
  });
});
