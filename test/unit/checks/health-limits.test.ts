import { describe, expect, it } from '@jest/globals';
import { weighHealth } from '../../../checks/health.ts';
import { oddBackups } from '../../../checks/sizes.ts';
import type { CheckedPlan } from '../../../workflows/contract-checks.ts';
import { checksRule } from '../../support/plans.ts';
import { copiesOf, surveyOf } from '../../support/surveys.ts';
import { ago, type Fleet, factsOf, idAt, now, oneFleet } from './fleet.ts';

const day = 24;

function kinds(change: (fleet: Fleet) => void): string[] {
  const fleet = oneFleet();
  change(fleet);
  return weighHealth(fleet.input, factsOf(fleet), now).findings.map(({ kind }) => kind);
}

/** A fleet of one plan. */
const onePlan = (changes: Partial<CheckedPlan>) =>
  kinds((fleet) => {
    fleet.input.plans = fleet.input.plans.slice(0, 1).map((plan) => ({ ...plan, airgapped: [], ...changes }));
  });

describe('the limit', () => {
  it.each([
    [11 * 3600, []],
    [11 * 3600 - 1, ['rpo-exceeded']],
  ])('of an RPO of %d s is met by a backup of eleven hours ago: %p', (rpo, found) => {
    expect(onePlan({ rpo, testInterval: null })).toEqual(found);
  });

  it.each([
    [9 * day * 3600 - checksRule.health.testGrace, []],
    [9 * day * 3600 - checksRule.health.testGrace - 1, ['test-overdue']],
  ])(
    'of %d s between restore tests, with its grace, is met by a proof of nine days ago: %p',
    (testInterval, found) => {
      expect(onePlan({ rpo: null, testInterval })).toEqual(found);
    },
  );

  it.each([
    [30 * day, ['key-expires']],
    [30 * day + 1, []],
    [-1, ['key-expires']],
  ])('of thirty days is met by a key that ends in %d hours: %p', (hours, found) => {
    expect(
      kinds(({ zones }) => {
        for (const { facts } of zones.values())
          facts.keys = facts.keys.map((key) => ({ ...key, expires: ago(-hours).toISOString() }));
      }),
    ).toEqual(found);
  });

  it.each([
    // A week between two fillings, a day of patience, and two hours to copy.
    [8 * day + 2, []],
    [8 * day + 2.01, ['airgap-overdue']],
  ])('of an air gap is met by a filling of %d hours ago: %p', (hours, found) => {
    expect(
      kinds(({ zones }) => {
        for (const { facts } of zones.values())
          facts.fillings = [{ repository: 'safe', at: ago(hours).toISOString(), unreadable: null }];
      }),
    ).toEqual(found);
  });

  it.each([
    [2, []],
    [2.01, ['backup-overdue']],
  ])('of two hours is met by a backup that has run for %d: %p', (hours, found) => {
    expect(
      kinds(({ temporal }) => {
        for (const runs of temporal.plans.slice(0, 1))
          runs.running = { workflowId: 'x', since: ago(hours).toISOString() };
      }),
    ).toEqual(found);
  });

  it.each([
    [100, []],
    [99.99, ['over-budget']],
  ])('of a budget of %d is met by a cost of 100: %p', (budget, found) => {
    expect(
      kinds(({ input, zones }) => {
        input.prices = { ...input.prices, table: [{ of: 'local', perGiB: 1 }], budget };
        for (const { repositories } of [...zones.values()].map(({ facts }) => facts))
          for (const { plans } of repositories)
            for (const [index, copies] of plans.entries()) copies.bytes = index === 0 ? 100 * 2 ** 30 : 0;
      }),
    ).toEqual(found);
  });
});

describe('a budget that may be exceeded', () => {
  it('where a repository could not be read is not known to be kept', () => {
    const fleet = oneFleet();
    fleet.input.prices = { ...fleet.input.prices, table: [{ of: 'local', perGiB: 0 }], budget: 10 };
    const ams = fleet.zones.get('ams');
    if (ams !== undefined) ams.silent = 'Nobody took the work.';
    const { unchecked } = weighHealth(fleet.input, factsOf(fleet), now);
    expect(unchecked).toContainEqual({ subject: 'storage', sentence: expect.stringContaining('zone ams') });
  });
});

describe('a plan that the policy pauses', () => {
  it('misses no backup, and its pause is no fault', () => {
    const paused = (changes: object) =>
      kinds((fleet) => {
        fleet.input.plans = fleet.input.plans.slice(1).map((plan) => ({ ...plan, paused: true, ...changes }));
        for (const runs of fleet.temporal.plans) Object.assign(runs, { last: null, paused: true });
        for (const { facts } of fleet.zones.values())
          for (const { plans } of facts.repositories)
            for (const copies of plans) copies.newest = idAt(ago(60));
      });
    expect(paused({})).toEqual([]);
    expect(paused({ paused: false })).toEqual(['schedule-paused']);
  });
});

describe('an odd backup, to the byte', () => {
  const mib = 2 ** 20;
  const odd = (sizes: number[], ratios: (number | null)[] = []) =>
    oddBackups(surveyOf('local', [copiesOf('shop', { sizes, ratios })]), checksRule.health).map(
      ({ kind }) => kind,
    );
  const earlier = (value: number) => Array<number>(14).fill(value);

  it.each([
    [150 * mib, []],
    [150 * mib + 1, ['size-changed']],
    [50 * mib, []],
    [50 * mib - 1, ['size-changed']],
  ])('of %d bytes after others of 100 MiB: %p', (size, found) => {
    expect(odd([size, ...earlier(100 * mib)])).toEqual(found);
  });

  it.each([
    [2.8, []],
    [2.79, ['compression-fell']],
    [9, []],
  ])('that compresses %d to 1 after others of 4: %p', (ratio, found) => {
    expect(odd([mib, ...earlier(mib)], [ratio, ...earlier(4)])).toEqual(found);
  });

  it('is unlike nothing where all before it were empty', () => {
    expect(odd([mib, ...earlier(0)])).toEqual([]);
  });
});
