import { describe, expect, it } from '@jest/globals';
import { weighHealth } from '../../../checks/health.ts';
import { enoughHistory, median, oddBackups } from '../../../checks/sizes.ts';
import type { RepositorySurvey } from '../../../workflows/contract-survey.ts';
import { checksRule } from '../../support/plans.ts';
import { ago, type Fleet, factsOf, idAt, now, oneFleet } from './fleet.ts';

function weigh(change: (fleet: Fleet) => void) {
  const fleet = oneFleet();
  change(fleet);
  return weighHealth(fleet.input, factsOf(fleet), now);
}

const facts = (fleet: Fleet, zone: string) => {
  const found = fleet.zones.get(zone);
  if (found === undefined) throw new Error(`no zone ${zone}`);
  return found;
};

const unreadable = (fleet: Fleet, zone: string): void => {
  for (const survey of facts(fleet, zone).facts.repositories)
    Object.assign(survey, { unreadable: 'It hangs.', plans: [], free: null, size: null });
};

const empty = (fleet: Fleet, zone: string): void => {
  for (const survey of facts(fleet, zone).facts.repositories)
    for (const copies of survey.plans)
      Object.assign(copies, { newest: null, oldest: null, proven: null, tested: null });
};

const subjects = (unchecked: { subject: string }[]) => unchecked.map(({ subject }) => subject);

describe('what could not be looked at', () => {
  it('is no backup that is missing, and no backup that is there', () => {
    const result = weigh((fleet) => {
      unreadable(fleet, 'fra');
      empty(fleet, 'ams');
    });
    expect(result.findings.map(({ kind }) => kind)).toEqual(['repository-unreachable']);
    expect(subjects(result.unchecked)).toEqual(['local', 'plan-0', 'plan-1']);
    expect(result.lookAgain).toBe(true);
  });

  it('is no proof that is overdue: it may lie in the other repository', () => {
    const result = weigh((fleet) => {
      fleet.input.plans = fleet.input.plans.map((plan) => ({ ...plan, testInterval: 86_400 }));
      unreadable(fleet, 'ams');
    });
    expect(result.findings.map(({ kind }) => kind)).toEqual(['repository-unreachable']);
    expect(subjects(result.unchecked)).toEqual(['offsite', 'plan-0', 'plan-1']);
  });

  it('is told as unchecked, and once as an alert, when Temporal does not answer', () => {
    const fleet = oneFleet();
    const known = { ...factsOf(fleet), temporal: { unknown: 'It is starting.' } };
    const { findings, unchecked } = weighHealth(fleet.input, known, now);
    expect(findings).toMatchObject([{ kind: 'check-impossible', subject: 'temporal' }]);
    expect(subjects(unchecked)).toEqual(['temporal']);
  });

  it('is an air-gapped repository of which a silent zone might know', () => {
    const result = weigh((fleet) => {
      facts(fleet, 'ams').facts.fillings = [];
      facts(fleet, 'fra').facts.fillings = [];
      facts(fleet, 'ams').silent = 'Nobody took the work.';
      fleet.temporal.silentZones = ['ams'];
    });
    expect(result.findings.map(({ kind }) => kind)).toEqual(['no-worker']);
    expect(subjects(result.unchecked)).toEqual(['ams', 'offsite', 'safe']);
  });

  it('is a zone that answered although Temporal has forgotten its worker, and so it is well', () => {
    const result = weigh((fleet) => {
      fleet.temporal.silentZones = ['ams', 'fra'];
    });
    expect(result.findings).toEqual([]);
  });
});

describe('how bad it is', () => {
  it.each([
    [20, 'warning'],
    [6, 'critical'],
  ])('a key that ends in %d days is %s', (days, severity) => {
    const { findings } = weigh((fleet) => {
      for (const key of facts(fleet, 'fra').facts.keys) key.expires = ago(-days * 24).toISOString();
    });
    expect(findings).toMatchObject([{ kind: 'key-expires', severity }]);
  });

  it.each([
    [0.1, 'warning'],
    [0.04, 'critical'],
  ])('a repository of which %d is free is %s', (free, severity) => {
    const { findings } = weigh((fleet) => {
      for (const survey of facts(fleet, 'fra').facts.repositories) {
        survey.free = free;
        survey.size = 1;
      }
    });
    expect(findings).toMatchObject([{ kind: 'storage-full', severity }]);
  });

  it('a backup that a person ended is a warning', () => {
    const { findings } = weigh((fleet) => {
      for (const runs of fleet.temporal.plans.slice(0, 1))
        runs.last = { workflowId: 'x', at: ago(1).toISOString(), result: 'terminated' };
    });
    expect(findings).toMatchObject([{ kind: 'backup-failed', severity: 'warning' }]);
  });
});

describe('a backup that was due', () => {
  const forgotten = (change: (fleet: Fleet) => void) =>
    weigh((fleet) => {
      fleet.input.plans = fleet.input.plans.slice(0, 1).map((plan) => ({ ...plan, rpo: null }));
      for (const runs of fleet.temporal.plans) runs.last = null;
      for (const zone of ['fra', 'ams'])
        for (const survey of facts(fleet, zone).facts.repositories)
          for (const copies of survey.plans) copies.newest = idAt(ago(60));
      change(fleet);
    }).findings.map(({ kind }) => kind);

  it('never started', () => {
    expect(forgotten(() => undefined)).toEqual(['never-started']);
  });

  it('was due before its Schedule was what it is', () => {
    const changed = ago(2).toISOString();
    expect(
      forgotten(({ temporal }) => temporal.plans.map((runs) => Object.assign(runs, { changedAt: changed }))),
    ).toEqual([]);
  });

  it('is under way', () => {
    const running = { workflowId: 'x', since: ago(1).toISOString() };
    expect(
      forgotten(({ temporal }) => temporal.plans.map((runs) => Object.assign(runs, { running }))),
    ).toEqual([]);
  });

  it('may still be late', () => {
    const late = 12 * 3600;
    const later = forgotten((fleet) => {
      fleet.input.plans = fleet.input.plans.map((plan) => ({ ...plan, late }));
      for (const runs of fleet.temporal.plans)
        runs.last = { workflowId: 'x', at: ago(34).toISOString(), result: 'passed' };
    });
    expect(later).toEqual([]);
  });
});

describe('an odd backup', () => {
  const survey = (sizes: number[], ratios: (number | null)[] = []): RepositorySurvey => ({
    repository: 'local',
    unreadable: null,
    free: null,
    size: null,
    requests: 1,
    plans: [
      {
        plan: 'daily',
        source: 'shop',
        count: sizes.length,
        bytes: 0,
        newest: idAt(now),
        oldest: null,
        proven: null,
        tested: null,
        sizes,
        ratios,
      },
    ],
  });
  const odd = (sizes: number[], ratios?: (number | null)[]) =>
    oddBackups(survey(sizes, ratios), checksRule.health).map(({ kind }) => kind);
  const usual = (count: number, value: number) => Array(count).fill(value);

  it('needs enough others to be unlike them', () => {
    expect(odd([1, ...usual(enoughHistory - 1, 1000)])).toEqual([]);
    expect(odd([1, ...usual(enoughHistory, 1000)])).toEqual(['size-changed']);
    expect(odd([1], [1, ...usual(enoughHistory - 1, 4), null])).toEqual([]);
    expect(odd([1], [1, ...usual(enoughHistory, 4), null])).toEqual(['compression-fell']);
  });

  it('is not one that is a little larger than almost nothing', () => {
    expect(odd([9000, ...usual(9, 1000)])).toEqual([]);
    expect(odd([2 ** 22, ...usual(9, 1000)])).toEqual(['size-changed']);
  });

  it('is measured against the middle, which one strange backup does not move', () => {
    expect(median([1, 2, 1000])).toBe(2);
    expect(median([1, 2, 4, 1000])).toBe(3);
    expect(odd([1000, 1, ...usual(5, 1000)])).toEqual([]);
  });

  it('is no news when only a repository that lacks the newest backup tells of it', () => {
    const told = (backupId: string) =>
      weigh((fleet) => {
        const { facts: known } = facts(fleet, 'ams');
        known.odd = [
          { plan: 'plan-0', repository: 'offsite', backupId, kind: 'size-changed', sentence: 'It is odd.' },
        ];
      }).findings.map(({ kind }) => kind);
    expect(told(idAt(ago(35)))).toEqual([]);
    expect(told(idAt(ago(11)))).toEqual(['size-changed']);
  });

  it('is none where sizes were not read', () => {
    expect(odd([])).toEqual([]);
  });
});
