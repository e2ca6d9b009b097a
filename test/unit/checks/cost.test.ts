import { describe, expect, it } from '@jest/globals';
import { monthlyCost } from '../../../checks/cost.ts';
import { budgetFault, type CostedPlan, costAhead } from '../../../checks/cost-ahead.ts';
import type { ResolvedRepository, RetentionRules } from '../../../policy/resolved.ts';
import type { Prices } from '../../../policy/resolved-proof.ts';
import type { PlanCopies, RepositorySurvey } from '../../../workflows/contract-survey.ts';

const gib = 2 ** 30;
const place = { zone: 'fra', region: 'EU', site: 'de-fra1' };
const bucket = {
  ...place,
  kind: 's3',
  medium: 'object',
  bucket: 'copies',
  prefix: '',
  awsRegion: 'eu-central-1',
  pathStyle: false,
  checksums: 'when-supported',
} as const;

const repositories: ResolvedRepository[] = [
  { ...place, name: 'local', kind: 'filesystem', medium: 'disk', path: '/backups', keepFree: 0 },
  { ...bucket, name: 'offsite' },
  { ...bucket, name: 'cold', storageClass: 'GLACIER_IR' },
  { ...bucket, name: 'elsewhere', endpoint: 'https://s3.example.org' },
];

const prices: Prices = {
  currency: 'USD',
  asOf: '2026-11-01',
  table: [
    { of: 'local', perGiB: 0.01 },
    { of: 'GLACIER_IR', perGiB: 0.004 },
    { of: 'STANDARD', perGiB: 0.02, listed: true },
  ],
  budget: null,
};

function copies(changes: Partial<PlanCopies> = {}): PlanCopies {
  return {
    plan: 'shop-daily',
    source: 'shop',
    count: 10,
    bytes: 100 * gib,
    newest: '20261121T020000Z-00000000',
    oldest: '20261112T020000Z-00000000',
    proven: null,
    tested: null,
    ...changes,
  };
}

function survey(repository: string, plans: PlanCopies[], unreadable: string | null = null): RepositorySurvey {
  return { repository, unreadable, plans, free: null, size: null, requests: 1 };
}

describe("a month's cost", () => {
  const costOf = (surveys: RepositorySurvey[], changed: Partial<Prices> = {}) =>
    monthlyCost(surveys, repositories, { ...prices, ...changed });

  it('is bytes by repository and storage class, priced by the repository first', () => {
    const { lines, total } = costOf([
      survey('local', [copies(), copies({ plan: 'other' })]),
      survey('offsite', [copies({ classes: { STANDARD: 50 * gib, GLACIER_IR: 50 * gib } })]),
      survey('cold', [copies()]),
    ]);
    expect(lines).toEqual([
      { repository: 'local', storageClass: null, bytes: 200 * gib, cost: 2 },
      { repository: 'offsite', storageClass: 'STANDARD', bytes: 50 * gib, cost: 1 },
      { repository: 'offsite', storageClass: 'GLACIER_IR', bytes: 50 * gib, cost: 0.2 },
      { repository: 'cold', storageClass: 'GLACIER_IR', bytes: 100 * gib, cost: 0.4 },
    ]);
    expect(total).toBeCloseTo(3.6, 10);
  });

  it("takes the repository's own price before its class's", () => {
    const own = {
      table: [
        { of: 'STANDARD', perGiB: 1 },
        { of: 'offsite', perGiB: 0.5 },
      ],
    };
    expect(costOf([survey('offsite', [copies()])], own).total).toBe(50);
  });

  it("knows no price of another service from Amazon's list, and says how much it lacks", () => {
    const cost = costOf([survey('elsewhere', [copies()]), survey('local', [copies()])]);
    expect(cost).toMatchObject({ total: 1, unpricedBytes: 100 * gib });
    const own = { table: [{ of: 'STANDARD', perGiB: 0.006 }] };
    expect(costOf([survey('elsewhere', [copies()])], own)).toMatchObject({ total: 0.6, unpricedBytes: 0 });
  });

  it('is unknown where nothing has a price, and names what could not be read', () => {
    expect(costOf([survey('local', [], 'The disk is not mounted.')])).toMatchObject({
      total: null,
      unread: ['local'],
      unpricedBytes: 0,
    });
    expect(costOf([survey('local', [copies()])], { table: [] })).toMatchObject({
      total: null,
      unpricedBytes: 100 * gib,
    });
  });
});

describe("a month's cost to come", () => {
  const at = '2026-11-21T02:00:00Z';
  const days = (count: number) => ({ for: { count, unit: 'day' } as const });
  const gfs = (keep: Extract<RetentionRules, { kind: 'gfs' }>['keep']): RetentionRules => ({
    kind: 'gfs',
    keep,
    anchors: { weekly: 7, monthly: 1, yearly: { month: 1, day: 1 } },
  });

  function plan(
    rules?: RetentionRules,
    storage: NonNullable<CostedPlan['retention']>['storage'] = {},
  ): CostedPlan {
    return {
      name: 'shop-daily',
      copies: [{ name: 'local' }],
      schedule: { cron: '0 2 * * *' },
      ...(rules === undefined ? {} : { retention: { rules, storage } }),
    };
  }

  const ahead = (plans: CostedPlan[], held: PlanCopies, repository = 'local') =>
    costAhead([survey(repository, [held])], { repositories, plans, prices, at });

  it('grows without end where nothing expires', () => {
    const { in30Days, in365Days } = ahead([plan()], copies({ oldest: '20261111T020000Z-00000000' }));
    expect(in30Days).toBeCloseTo(4, 10);
    expect(in365Days).toBeCloseTo(37.5, 10);
  });

  it('grows by what came in the last 30 days', () => {
    const held = copies({ oldest: '20250101T020000Z-00000000', bytesOfMonth: 15 * gib });
    expect(ahead([plan()], held).in30Days).toBeCloseTo(1.15, 10);
  });

  it('stays where as much expires as comes in', () => {
    const held = copies({ oldest: '20261012T020000Z-00000000' });
    const cost = ahead([plan(gfs({ daily: days(30) }))], held);
    expect(cost).toEqual({ in30Days: 1, in365Days: 1 });
    expect(ahead([plan({ kind: 'flat', for: { count: 30, unit: 'day' } })], held)).toEqual(cost);
  });

  it('grows until the retention is full', () => {
    const held = copies({ count: 10, oldest: '20261111T020000Z-00000000' });
    expect(ahead([plan(gfs({ daily: days(30) }))], held)).toEqual({ in30Days: 3, in365Days: 3 });
  });

  it('adds of a higher tier only what the lower one has let go', () => {
    const held = copies({ count: 30, oldest: '20261022T020000Z-00000000' });
    const { in365Days } = ahead([plan(gfs({ daily: days(30), weekly: days(100) }))], held);
    expect(in365Days).toBeCloseTo((30 + 10) / 30, 10);
  });

  it('in an archive grows by what is promoted into it alone', () => {
    const archived = gfs({ daily: days(30), monthly: { newest: 24 } });
    const storage = { monthly: { repository: { name: 'cold' } } };
    const held = copies({ count: 1, bytes: gib, oldest: '20261101T020000Z-00000000' });
    const cost = ahead([plan(archived, storage)], held, 'cold');
    expect(cost.in365Days).toBeCloseTo((0.004 * (365 + 20)) / 30.44, 6);
  });

  it('of a plan that is gone stays', () => {
    expect(ahead([], copies())).toEqual({ in30Days: 1, in365Days: 1 });
  });

  it('is unknown where nothing has a price', () => {
    expect(ahead([plan()], copies(), 'elsewhere')).toEqual({ in30Days: null, in365Days: null });
  });
});

describe('a budget', () => {
  const cost = (total: number | null, budget: number | null) => ({
    ...monthlyCost([], [], prices),
    total,
    budget,
  });

  it.each<[string, number | null, number | null, number | null, number | null, string | null]>([
    ['none', 10, null, 20, 30, null],
    ['kept', 10, 30, 20, 30, null],
    ['kept by what is not known', null, 30, null, null, null],
    ['exceeded', 31, 30, 40, 50, 'costs 31.00 USD, and the budget is 30.00 USD.'],
    ['soon exceeded', 10, 30, 31, 50, 'will cost in 30 days 31.00 USD'],
    ['exceeded in a year', 10, 30, 30, 30.5, 'will cost in a year 30.50 USD'],
  ])('%s', (_name, total, budget, in30Days, in365Days, sentence) => {
    const fault = budgetFault(cost(total, budget), { in30Days, in365Days });
    if (sentence === null) expect(fault).toBeNull();
    else expect(fault).toContain(sentence);
  });
});
