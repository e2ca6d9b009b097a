import { describe, expect, it } from '@jest/globals';
import { continuityPlan, type Facts } from '../../../cli/documents/continuity-plan.ts';
import { bcpMarkdown } from '../../../reports/bcp.ts';
import { foundRun, foundTest } from '../../support/found.ts';
import { servedPolicy } from '../../support/served.ts';

async function planned(facts: Partial<Facts> = {}, ...changes: [string, string][]) {
  const loaded = await servedPolicy(...changes);
  const { shop } = loaded.policy.services;
  if (shop === undefined) throw new Error('the policy has no service shop');
  const version = loaded.policy.runbooks['shop-failover']?.version ?? '';
  const plan = continuityPlan(loaded, shop, {
    reports: [],
    faults: [],
    period: { name: 'asked', from: '2025-11-21T00:00:00.000Z', to: '2026-11-21T12:00:00.000Z' },
    at: '2026-11-21T12:00:00.000Z',
    person: null,
    ...facts,
  });
  return { plan, version, loaded };
}

describe('a continuity plan', () => {
  it('has everything that brings the service back, from the policy', async () => {
    const { plan, version } = await planned();
    expect(plan).toMatchObject({
      result: 'passed',
      service: { name: 'shop', say: 'The web shop', owner: 'dba-1' },
      sources: [{ name: 'shop', site: 'de-fra1', tier: 'standard', plans: ['shop-daily'] }],
      keys: [{ name: 'databases', opensIn: ['ams', 'fra'] }],
      runbooks: [{ name: 'shop-failover', version, commander: 'incident-commander', rehearsed: null }],
      messages: [{ name: 'authority', audience: 'regulator', role: 'incident-commander', within: 72 * 3600 }],
      history: [],
      review: { reviewed: '2026-11-01', next: '2026-12-01', overdue: false },
    });
    const [daily] = plan.plans;
    expect(
      daily?.copies.map(({ repository, protection, provenAt }) => [repository, protection, provenAt]),
    ).toEqual([
      ['local', 'none', null],
      ['offsite', expect.stringContaining('object lock (compliance)'), null],
      ['safe', 'air-gapped', null],
    ]);
    expect(plan.contacts.map(({ person, why }) => [person, why])).toEqual([
      ['dba-1', ['answers for it']],
      ['commander-1', ['leads (incident-commander)']],
      ['dba-2', ['operator in shop-failover', 'named as a contact']],
    ]);
  });

  it('measures by the newest test that proved, and the newest run that was no tabletop', async () => {
    const { plan } = await planned({
      reports: [
        foundRun('2026-11-20T00:00:00.000Z', { mode: 'tabletop', rto: { target: 3600, measured: 9 } }),
        foundTest('2026-11-19T00:00:00.000Z', { verdict: 'disproven' }),
        foundTest('2026-11-18T00:00:00.000Z'),
        foundRun('2026-11-17T00:00:00.000Z'),
        foundTest('2026-11-16T00:00:00.000Z', { plan: 'other' }),
      ],
    });
    expect(plan.objectives).toEqual([
      {
        what: 'source shop',
        tier: 'standard',
        rto: { target: 14_400, measured: 600 },
        rpo: { target: 86_400, measured: 90_000 },
        by: { kind: 'restore test', at: '2026-11-18T00:00:00.000Z', path: expect.any(String) },
      },
      {
        what: 'runbook shop-failover',
        tier: 'critical',
        rto: { target: 3600, measured: 240 },
        rpo: { target: 3600, measured: 5 },
        by: { kind: 'drill', at: '2026-11-17T00:00:00.000Z', path: expect.any(String) },
      },
    ]);
    expect(plan.history.map(({ kind, result }) => [kind, result])).toEqual([
      ['tabletop', 'passed'],
      ['restore test', 'failed (disproven)'],
      ['restore test', 'passed (proven)'],
      ['drill', 'passed'],
    ]);
    expect(plan.plans[0]?.copies.map(({ provenAt }) => provenAt)).toEqual([
      null,
      '2026-11-18T00:00:00.000Z',
      null,
    ]);
    const text = bcpMarkdown(plan);
    expect(text).toContain(
      '| source shop | standard | 4h | 10m, met | 1d | 1d 1h, **missed** | restore test of 2026-11-18 |',
    );
  });

  it.each<[string, Parameters<typeof foundRun>[1], string, boolean]>([
    ['of this version counts', {}, 'passed', true],
    ['with exceptions counts', {}, 'passed-with-exceptions', true],
    ['of another version does not', { version: 'old' }, 'passed', false],
    ['in words alone does not', { mode: 'tabletop' }, 'passed', false],
    ['of a part does not', { kind: 'partial' }, 'passed', false],
    ['that failed does not', {}, 'failed', false],
  ])('says of a rehearsal that one %s', async (_name, run, result, counts) => {
    const { version } = await planned();
    const { plan } = await planned({
      reports: [foundRun('2026-11-17T00:00:00.000Z', { version, ...run }, result)],
    });
    expect(plan.runbooks[0]?.rehearsed !== null).toBe(counts);
    expect(bcpMarkdown(plan).includes('| **never** |')).toBe(!counts);
  });

  it.each<[string, string, object]>([
    ['never done', ', reviewed: 2026-11-01', { next: null, overdue: true }],
    ['overdue', '2026-11-01', { next: '2026-10-31', overdue: true }],
  ])('says when its review is %s', async (_name, piece, review) => {
    const replacement = piece === '2026-11-01' ? '2026-10-01' : '';
    const { plan } = await planned({}, [piece, replacement]);
    expect(plan.review).toMatchObject(review);
  });

  it('names the weaknesses of what the service is made of, and of nothing else', async () => {
    const other =
      '  lab: { kind: postgres, zone: fra, host: lab.internal, database: lab, user: b }\nplans:\n';
    const { plan, loaded } = await planned({}, ['plans:\n', other]);
    expect(loaded.weaknesses.map(({ id }) => id)).toContain('source-without-plan');
    expect(plan.weaknesses.map(({ path }) => path)).not.toContain('sources.lab');
    expect(plan.weaknesses.map(({ path }) => path.split('.')[0])).toContain('runbooks');
  });

  it('says what could not be looked at, and lets no text turn into markup', async () => {
    const { plan } = await planned({ faults: ['offsite could not be read: <b>gone</b>'] });
    expect(plan.result).toBe('passed-with-exceptions');
    const text = bcpMarkdown(plan);
    expect(text).toContain('- offsite could not be read: &lt;b>gone&lt;/b>');
    expect(text).toContain('Point the CDN \\| at &lt;b>DR&lt;/b>');
  });
});
