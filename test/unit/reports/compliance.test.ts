import { beforeAll, describe, expect, it } from '@jest/globals';
import { complianceMarkdown } from '../../../reports/compliance.ts';
import { type ComplianceFacts, type CriterionId, judgeCriteria } from '../../../reports/criteria.ts';
import { judgeRules, type RuleState, rules } from '../../../reports/mapping.ts';
import { foundOf, foundRun, foundTest } from '../../support/found.ts';
import { servedPolicy } from '../../support/served.ts';

const period = { name: 'asked', from: '2025-11-21T00:00:00.000Z', to: '2026-11-21T12:00:00.000Z' };
const at = '2026-11-18T00:00:00.000Z';

type Changes = Partial<Omit<ComplianceFacts, 'policy'>> & { written?: [string, string][] };

async function judged({ written = [], ...changes }: Changes = {}) {
  const { policy, weaknesses } = await servedPolicy(...written);
  const version = policy.runbooks['shop-failover']?.version ?? '';
  const all = [
    foundOf('copies-check', 'Example BV', at, 'passed'),
    foundTest(at, { rpo: { target: 86_400, measured: 80_000 } }),
    foundRun(at, { version }),
    foundOf('continuity-plan', 'shop', at, 'passed'),
    foundOf('review', 'shop-failover', at, 'passed'),
  ];
  const criteria = judgeCriteria({
    policy,
    weaknesses: weaknesses.map(({ id }) => id),
    reports: all,
    period,
    overdue: [],
    ...changes,
  });
  const states = Object.fromEntries(judgeRules(criteria).map(({ id, state }) => [id, state]));
  const holds = (id: CriterionId) => criteria.find((criterion) => criterion.id === id)?.holds;
  return { criteria, states, holds, version };
}

let whole: Awaited<ReturnType<typeof judged>>;
beforeAll(async () => {
  whole = await judged();
});

describe('the rules', () => {
  it('are met where the policy keeps everything and reports show it', async () => {
    const { states, criteria } = whole;
    expect(
      Object.fromEntries(criteria.filter(({ holds }) => holds !== 'yes').map(({ id, holds }) => [id, holds])),
    ).toEqual({
      masked: 'not-applicable',
    });
    expect(new Set(Object.values(states))).toEqual(new Set<RuleState>(['met']));
    expect(Object.keys(states)).toEqual(rules.map(({ id }) => id));
  });

  it('are never met by a policy alone: what is to be tried must have been', async () => {
    const { states } = await judged({ reports: [] });
    for (const id of ['A.8.13', 'A.5.30', 'A1.3', 'CC7.5', 'Art. 32(1)(c)', 'Art. 32(1)(d)'])
      expect(states[id]).not.toBe('met');
    expect(states['A1.3']).toBe('not shown');
  });

  it('each say what they ask, what is done and what is left to people', () => {
    expect(rules.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['A.8.13', 'A.5.29', 'A.5.30', 'A.8.14', 'A1.2', 'A1.3', 'CC7.5', 'Art. 33']),
    );
    for (const { asks, does, yours, criteria } of rules) {
      expect([asks, does, yours].every((text) => text.endsWith('.'))).toBe(true);
      expect(criteria.length).toBeGreaterThan(1);
    }
  });
});

describe('what is seen', () => {
  it.each<[CriterionId, string, string | undefined, Changes]>([
    [
      'planned',
      'a source without a plan',
      'in-part',
      {
        written: [
          [
            'plans:\n',
            '  lab: { kind: postgres, zone: fra, host: lab.internal, database: lab, user: b }\nplans:\n',
          ],
        ],
      },
    ],
    ['recent-tests', 'no restore test', 'no', { reports: [] }],
    ['recent-tests', 'a test that disproved', 'no', { reports: [foundTest(at, { verdict: 'disproven' })] }],
    ['copy-rule', 'a check that failed', 'no', { reports: [foundOf('copies-check', 'x', at, 'failed')] }],
    ['copy-rule', 'no check of it', 'in-part', { reports: [] }],
    ['copies-checked', 'no check', 'no', { reports: [] }],
    [
      'immutable',
      'nothing write-once',
      'no',
      {
        written: [
          [', lock: compliance,\n             credentials', ',\n             credentials'],
          ['[local, offsite, safe]', '[local, offsite]'],
        ],
      },
    ],
    ['offsite', 'copies at the source alone', 'no', { written: [['[local, offsite, safe]', '[local]']] }],
    ['retention', 'no retention', 'no', { written: [['    retention: gfs\n', '']] }],
    ['guarded-deletion', 'one approval', 'in-part', { written: [['approvals: 2', 'approvals: 1']] }],
    [
      'signed-approvals',
      'names alone for deletions',
      'in-part',
      {
        written: [['expires: 7d, signatures: signed', 'expires: 7d, signatures: named']],
      },
    ],
    ['audited', 'no log', 'no', { written: [['audit: { repository: log }\n', '']] }],
    ['objectives', 'no tier', 'no', { written: [[', tier: standard', '']] }],
    ['objectives-met', 'a target that was missed', 'no', { reports: [foundTest(at)] }],
    ['objectives-met', 'nothing measured', 'not-known', { reports: [] }],
    ['rehearsed', 'an old version', 'no', { reports: [foundRun(at)] }],
    [
      'services-planned',
      'no services',
      'no',
      {
        written: [
          [
            'services:\n  shop: { say: The web shop, owner: dba-1, sources: [shop], contacts: [dba-2], review: 30d, reviewed: 2026-11-01 }\n',
            '',
          ],
        ],
      },
    ],
    ['plans-reviewed', 'a review that is overdue', 'no', { overdue: ['shop'] }],
    ['reviewed-runs', 'a failover that nobody reviewed', 'no', { reports: [foundRun(at, { mode: 'real' })] }],
    ['alerted', 'nobody who is told', 'no', { weaknesses: ['nobody-alerted'] }],
    [
      'regulator-message',
      'nobody but customers',
      'no',
      { written: [['audience: regulator', 'audience: customers']] },
    ],
    ['keys-apart', 'a key beside its copies', 'no', { weaknesses: ['key-in-repository'] }],
  ])('%s: %s', async (id, _name, expected, changes) => {
    expect(whole.holds(id)).toBe('yes');
    expect((await judged(changes)).holds(id)).toBe(expected);
  });

  it('counts the newest test of a plan, not an older and better one', async () => {
    const older = foundTest('2026-10-01T00:00:00.000Z', { rpo: { target: 86_400, measured: 1 } });
    expect((await judged({ reports: [foundTest(at), older] })).holds('objectives-met')).toBe('no');
  });

  it('has the reports that show it, with their hashes', async () => {
    const reports = Array.from({ length: 7 }, () => foundTest(at));
    const { criteria } = await judged({ reports });
    const tests = criteria.find(({ id }) => id === 'recent-tests');
    expect(tests?.evidence).toHaveLength(5);
    expect(tests).toMatchObject({
      more: 2,
      evidence: expect.arrayContaining([{ path: reports[0]?.path, sha256: 'f'.repeat(64), at }]),
    });
  });
});

describe('the report', () => {
  it('certifies nothing, and says why something is not met', async () => {
    const { criteria } = await judged({ reports: [] });
    const text = complianceMarkdown({
      result: 'passed',
      organization: 'Example BV',
      policyHash: 'a',
      at,
      person: null,
      period,
      rules: judgeRules(criteria),
      criteria,
      exceptions: ['offsite could not be read'],
    });
    expect(text).toContain('This is no certificate');
    expect(text).toMatch(
      /\| A1\.3 \|.*\*\*not shown\*\* \| No restore test within this time proved shop-daily\. \(recent-tests\)/,
    );
    expect(text).toContain('- offsite could not be read');
    expect(text).not.toMatch(/certified|compliant\b/i);
  });
});
