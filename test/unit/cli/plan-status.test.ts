import { describe, expect, it } from '@jest/globals';
import { indexSurveys, type PlanFacts, planStatus } from '../../../cli/plan-status.ts';
import type { ResolvedPlan } from '../../../policy/resolved.ts';
import type { PlanStanding } from '../../../workflows/contract-checks.ts';
import type { RepositorySurvey } from '../../../workflows/contract-survey.ts';
import { planOf } from '../../support/plans.ts';
import { copiesOf, standingOf, surveyOf } from '../../support/surveys.ts';

const daily = planOf('shop-daily', { tier: { name: 'critical', rpo: 86_400, rto: 3600 } });
const both = [surveyOf('local', [copiesOf('shop-daily')]), surveyOf('offsite', [copiesOf('shop-daily')])];

function statusOf({
  plan = daily,
  surveys = both,
  standing = {},
  ...rest
}: Partial<Omit<PlanFacts, 'standing' | 'surveys'>> & {
  surveys?: RepositorySurvey[];
  standing?: Partial<PlanStanding>;
} = {}) {
  return planStatus({
    plan,
    standing: standingOf(plan.name, standing),
    surveys: indexSurveys(surveys),
    archives: [],
    sites: { source: 'de-fra1', repositories: { local: 'de-fra1', offsite: 'nl-ams1' } },
    worker: true,
    testGrace: 86_400,
    now: new Date('2026-11-21T02:00:00Z'),
    ...rest,
  });
}

const tests = (cron: string): Partial<ResolvedPlan> => ({
  restoreTest: {
    schedule: { cron, jitter: 0, catchup: 3600, deadline: 7200, paused: false },
    pick: { kind: 'latest' },
    zone: 'ams',
    from: ['local'],
    smoke: [],
    jobs: 1,
  },
});

describe('how a plan stands', () => {
  it('is well when both repositories have the newest backup, and says until when one can go back', () => {
    expect(statusOf()).toMatchObject({
      faults: [],
      lastGood: { backupId: '20261121T010000Z-00000002', dataTime: '2026-11-21T01:00:00.000Z', age: 3600 },
      oldest: { at: '2026-11-20T01:00:00.000Z' },
      copies: { good: 2, wanted: 2, offsite: true },
      tested: null,
      proven: null,
    });
  });

  it.each<[string, Parameters<typeof statusOf>[0], string]>([
    ['no worker', { worker: false }, 'run `holdfast worker --zone fra`'],
    ['no Schedule', { standing: { applied: false, next: null } }, 'run `holdfast apply`'],
    ['a pause by hand', { standing: { paused: true } }, 'paused by hand'],
    [
      'a backup that timed out',
      { standing: { last: { workflowId: 'w', at: '', result: 'timed out' } } },
      'ended as timed out: see w',
    ],
    [
      'no backup',
      { surveys: [surveyOf('local', [none()]), surveyOf('offsite', [none()])] },
      'no good backup',
    ],
    ['old data', { now: new Date('2026-11-22T02:00:00Z') }, 'is 1d 1h old, and its tier allows 1d'],
    [
      'old data without a tier',
      { plan: planOf('shop-daily'), now: new Date('2026-11-22T04:00:00Z') },
      'by its schedule never older than 1d 2h',
    ],
    ['a copy that is behind', { surveys: [both[0] ?? lost(), behind()] }, 'offsite lacks its newest backup'],
    [
      'a copy that is not there',
      { surveys: [both[0] ?? lost(), surveyOf('offsite', [none()])] },
      'offsite has none',
    ],
    [
      'a restore test that failed',
      {
        surveys: both.map(({ repository }) =>
          surveyOf(repository, [
            copiesOf('shop-daily', {
              tested: { backupId: 'b', at: '2026-11-21T01:30:00.000Z', result: 'failed' },
            }),
          ]),
        ),
      },
      'last restore test ended as failed: backup b',
    ],
    [
      'a proof that is overdue',
      {
        plan: planOf('shop-daily', tests('0 4 * * *')),
        surveys: [proven('2026-11-18T04:00:00.000Z'), both[1] ?? lost()],
      },
      'Its last proof is 2d 22h old, and its restore tests promise one every 2d 2h',
    ],
    [
      'no proof long after the first backup',
      { plan: planOf('shop-daily', { ...tests('0 * * * *') }), surveys: both.map(ancient) },
      'None of its backups was ever restored',
    ],
  ])('has a fault: %s', (_, facts, sentence) => {
    const { faults } = statusOf(facts);
    expect(faults).toEqual([expect.stringContaining(sentence)]);
  });

  it('is unknown, and not without a backup, where no repository could be read', () => {
    const { lastGood, faults, places } = statusOf({ surveys: [lost('local'), lost('offsite')] });
    expect(lastGood).toBeNull();
    expect(places.map(({ state }) => state)).toEqual(['unknown', 'unknown']);
    expect(faults).toEqual(['Whether there is a good backup is unknown: local, offsite could not be read.']);
  });

  it('judges by what could be read, and says what could not', () => {
    const { faults, copies } = statusOf({
      surveys: [both[0] ?? lost(), lost('offsite')],
      now: new Date('2026-11-23T01:00:00Z'),
    });
    expect(copies).toEqual({ good: 1, wanted: 2, offsite: false });
    expect(faults).toEqual([
      'Its newest data is 2d old where it could be read (not in offsite), and its tier allows 1d.',
    ]);
  });

  it('lets a first backup run, and one copy be ahead of the others meanwhile', () => {
    const running = { workflowId: 'w', since: '2026-11-21T01:59:00.000Z' };
    const empty = [surveyOf('local', [none()]), surveyOf('offsite', [none()])];
    expect(statusOf({ surveys: empty, standing: { running, last: null } }).faults).toEqual([]);
    expect(statusOf({ surveys: [both[0] ?? lost(), behind()], standing: { running } }).faults).toEqual([]);
  });

  it('lets a plan be that the policy pauses, and asks nothing of an archive that only some backups go to', () => {
    const paused = planOf('shop-daily', { schedule: { ...daily.schedule, paused: true } });
    const { faults } = statusOf({
      plan: paused,
      standing: { paused: true, next: null },
      now: new Date('2027-01-01'),
    });
    expect(faults).toEqual([]);
    const archived = statusOf({
      archives: ['deep'],
      surveys: [
        ...both,
        surveyOf('deep', [copiesOf('shop-daily', { newest: null, oldest: null, count: 0 })]),
      ],
    });
    expect(archived).toMatchObject({ faults: [], copies: { good: 2, wanted: 2 } });
  });

  it('can go back to the oldest backup wherever it lies, and is proven by a test in any repository', () => {
    const deep = copiesOf('shop-daily', {
      newest: '20260101T010000Z-00000009',
      oldest: '20250101T010000Z-00000008',
      proven: { backupId: 'old', at: '2026-01-02T00:00:00.000Z' },
    });
    expect(statusOf({ archives: ['deep'], surveys: [...both, surveyOf('deep', [deep])] })).toMatchObject({
      oldest: { at: '2025-01-01T01:00:00.000Z' },
      proven: { backupId: 'old' },
      faults: [],
    });
  });
});

function none() {
  return copiesOf('shop-daily', { newest: null, oldest: null, count: 0, bytes: 0 });
}

function behind() {
  return surveyOf('offsite', [copiesOf('shop-daily', { newest: '20261120T010000Z-00000001' })]);
}

function lost(repository = 'offsite') {
  return surveyOf(repository, [], { unreadable: 'It is gone.' });
}

function proven(at: string) {
  return surveyOf('local', [
    copiesOf('shop-daily', {
      proven: { backupId: 'b', at },
      tested: { backupId: 'b', at, result: 'passed' },
    }),
  ]);
}

function ancient({ repository }: RepositorySurvey) {
  return surveyOf(repository, [copiesOf('shop-daily', { oldest: '20260101T010000Z-00000001' })]);
}
