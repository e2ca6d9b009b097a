import { describe, expect, it } from '@jest/globals';
import type { ResolvedRepository } from '../../../policy/resolved.ts';
import { routeTo } from '../../../workflows/route.ts';
import { planOf } from '../../support/plans.ts';

const [local, offsite] = planOf('shop').copies;
if (local === undefined || offsite === undefined) throw new Error('the plan of the tests has two copies');
const vault: ResolvedRepository = { ...local, name: 'vault', zone: 'ams', site: 'nl-ams1' };
const plan = planOf('shop', { copies: [local, offsite, vault] });

describe('a missing copy is filled', () => {
  it("by the source's worker where that reaches both: a disk of its zone is no other zone's to read", () => {
    expect(routeTo(offsite, plan, ['local'], ['local', 'offsite'])).toEqual({ zone: 'fra', from: local });
  });

  it('by a worker of its own zone where the source can not reach it, from the copy in the bucket', () => {
    expect(routeTo(vault, plan, ['local', 'offsite'], ['local', 'offsite'])).toEqual({
      zone: 'ams',
      from: offsite,
    });
  });

  it('from a copy of its own zone before any other', () => {
    const disk = { ...vault, name: 'disk' };
    const both = planOf('shop', { copies: [local, offsite, vault, disk] });
    expect(routeTo(disk, both, ['local', 'offsite', 'vault'], ['local']).from.name).toBe('offsite');
    expect(routeTo(disk, both, ['local', 'vault'], ['local'])).toEqual({ zone: 'ams', from: vault });
  });

  it('from the only good copy, whoever may reach it', () => {
    expect(routeTo(vault, plan, ['local'], ['local'])).toEqual({ zone: 'ams', from: local });
  });

  it('never without a good copy', () => {
    expect(() => routeTo(vault, plan, [], ['local'])).toThrow(RangeError);
  });
});
