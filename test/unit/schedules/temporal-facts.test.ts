import { describe, expect, it } from '@jest/globals';
import type { ResolvedPlan } from '../../../policy/resolved.ts';
import type { ScheduleBody } from '../../../schedules/body.ts';
import { desiredSchedule } from '../../../schedules/desired.ts';
import { backupOf } from '../../../schedules/kinds.ts';
import { isDrifted } from '../../../schedules/temporal-facts.ts';
import type { CheckedPlan } from '../../../workflows/contract-checks.ts';
import { madeAsDesired } from '../../support/live-schedules.ts';
import { planOf } from '../../support/plans.ts';

const shop = planOf('shop-daily');

function liveOf(plan: ResolvedPlan, body: Partial<ScheduleBody> = {}) {
  const desired = desiredSchedule(backupOf(plan));
  return madeAsDesired({ ...desired, body: { ...desired.body, ...body } }, 'Example BV');
}

const checked: Pick<CheckedPlan, 'plan' | 'zone' | 'cron' | 'deadline' | 'paused'> = {
  plan: 'shop-daily',
  zone: 'fra',
  cron: '0 2 * * *',
  deadline: 7200,
  paused: false,
};

describe('a Schedule', () => {
  it('has not drifted as apply made it, looked at twice', () => {
    expect(isDrifted(liveOf(shop), checked)).toBe(false);
    expect(isDrifted(liveOf(shop), checked)).toBe(false);
  });

  it.each<[string, Partial<ScheduleBody>]>([
    ['its times', { calendars: [] }],
    ['its overlap', { overlap: 'ALLOW_ALL' }],
    ['its time limit', { runTimeout: 1 }],
    ['its queue', { taskQueue: 'holdfast-ams' }],
    ['its workflow', { workflowType: 'sweep' }],
    ['its argument', { input: { plan: null } }],
    ['a cron expression that nobody can read', { input: { plan: { ...shop, schedule: { cron: 'x' } } } }],
  ])('has drifted when somebody changed %s', (_, body) => {
    expect(isDrifted(liveOf(shop, body), checked)).toBe(true);
  });

  it('has drifted when it is of another policy than the checks are', () => {
    expect(isDrifted(liveOf(shop), { ...checked, cron: '0 3 * * *' })).toBe(true);
    expect(isDrifted(liveOf(shop), { ...checked, zone: 'ams' })).toBe(true);
    expect(isDrifted(liveOf(shop), { ...checked, paused: true })).toBe(true);
  });
});
