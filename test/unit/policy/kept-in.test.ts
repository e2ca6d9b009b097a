import { describe, expect, it } from '@jest/globals';
import { keptIn } from '../../../policy/kept-in.ts';
import type { ResolvedPlan, ResolvedRetention } from '../../../policy/resolved.ts';
import { planOf, policyOf } from '../../support/plans.ts';

const day = 86_400;
const keptFor = (count: number, storage: ResolvedRetention['storage'] = {}): ResolvedRetention => ({
  name: `${count}d`,
  rules: { kind: 'flat', for: { count, unit: 'day' } },
  schedule: { cron: '0 3 * * 0', jitter: 0, catchup: 3600, deadline: 7200, paused: false },
  storage,
});
const kept = (plans: ResolvedPlan[], repository: string) => keptIn(policyOf(plans), repository);

describe('what a policy keeps in a repository', () => {
  it('is as long as the longest of the plans that copy there', () => {
    const short = planOf('daily', { retention: keptFor(30) });
    const long = planOf('weekly', {
      retention: keptFor(400),
      schedule: { ...short.schedule, deadline: 9 * 3600 },
    });
    for (const plans of [
      [short, long],
      [long, short],
    ])
      expect(kept(plans, 'offsite')).toEqual([{ source: 'shop', longest: 400 * day, deadline: 9 * 3600 }]);
  });

  it('is for ever where one plan says nothing', () => {
    const plans = [planOf('daily', { retention: keptFor(30) }), planOf('weekly')];
    expect(kept(plans, 'offsite')).toEqual([{ source: 'shop', longest: null, deadline: 7200 }]);
    expect(kept(plans.reverse(), 'offsite')).toMatchObject([{ longest: null }]);
  });

  it('counts what a promotion or a person brings there, and nothing else', () => {
    const [local, offsite] = planOf('daily').copies;
    if (local === undefined || offsite === undefined) throw new Error('the plan has two copies');
    const archive = { ...offsite, name: 'archive' };
    const safe = { ...local, name: 'safe' };
    const plan = planOf('daily', {
      copies: [local],
      retention: keptFor(30, { yearly: { repository: archive } }),
      airgapped: [safe],
    });
    expect(kept([plan], 'archive')).toMatchObject([{ source: 'shop' }]);
    expect(kept([plan], 'safe')).toMatchObject([{ source: 'shop' }]);
    expect(kept([plan], 'offsite')).toEqual([]);
  });
});
