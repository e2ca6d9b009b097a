import { describe, expect, it } from '@jest/globals';
import { checksInput } from '../../../schedules/kinds-checks.ts';
import { planOf, policyOf } from '../../support/plans.ts';
import { bucketNamed, directoryAt } from '../../support/repositories.ts';

describe('what the checks know of a plan', () => {
  it('is for how long it locks its copies, which follows its retention and not the repository', () => {
    const lockedFor = (days: number) =>
      bucketNamed('b', { lock: { mode: 'compliance', for: days * 86_400 } });
    const plan = planOf('shop', { copies: [directoryAt('/backups'), lockedFor(7)] });
    const policy = { ...policyOf([plan]), repositories: { offsite: lockedFor(30) } };
    expect(checksInput(policy).plans[0]?.locks).toEqual({ offsite: 7 * 86_400 });
  });

  it('is nothing of locks where it has none', () => {
    const plan = planOf('shop', { copies: [bucketNamed('b')] });
    expect(checksInput(policyOf([plan])).plans[0]).not.toHaveProperty('locks');
  });
});
