import { describe, expect, it } from '@jest/globals';
import type { RetentionRules } from '../../../policy/resolved.ts';
import { checksInput } from '../../../schedules/kinds.ts';
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

  it('is what else is to be started again and again, but for what the policy pauses', () => {
    const policy = (paused: boolean) => {
      const schedule = { cron: '0 3 * * *', jitter: 0, catchup: 3600, deadline: 7200, paused };
      const rules: RetentionRules = { kind: 'flat', for: { count: 30, unit: 'day' } };
      const whole = policyOf([
        planOf('shop', { retention: { name: 'month', rules, schedule, storage: {} } }),
      ]);
      const { checks } = whole;
      return { ...whole, checks: { ...checks, copies: { ...checks.copies, paused } } };
    };
    expect(checksInput(policy(false)).schedules).toEqual(['retention/shop', 'copies']);
    expect(checksInput(policy(true)).schedules).toEqual([]);
  });

  it('is each server on which anybody may make scratch databases, also who restores by hand', () => {
    const dev = {
      name: 'dev',
      zone: 'ams',
      host: 'dev',
      port: 5432,
      user: 'dev',
      ssl: { mode: 'prefer' },
    } as const;
    const policy = { ...policyOf([planOf('shop')]), scratchServers: { dev } };
    expect(checksInput(policy).scratchServers).toEqual([dev]);
  });

  it('is nothing of locks where it has none', () => {
    const plan = planOf('shop', { copies: [bucketNamed('b')] });
    expect(checksInput(policyOf([plan])).plans[0]).not.toHaveProperty('locks');
  });
});
