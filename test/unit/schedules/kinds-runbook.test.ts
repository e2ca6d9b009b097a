import { expect, it } from '@jest/globals';
import { appliedPause, recurringOf } from '../../../schedules/kinds.ts';
import { failoverWith } from '../policy/failover-support.ts';
import { loadText } from '../policy/support.ts';

const checksOf = async (...changes: [string, string][]) => {
  const { policy } = await loadText(failoverWith(...changes));
  return recurringOf(policy).filter(({ workflowType }) => workflowType === 'runbookCheck');
};

it('checks a runbook where it is led from, at the times that the policy sets', async () => {
  expect(await checksOf()).toEqual([]);
  const [check, ...others] = await checksOf([
    '    class: critical\n',
    '    class: critical\n    preflight: "30 6 * * *"\n',
  ]);
  expect(others).toEqual([]);
  expect(check).toMatchObject({
    workflowId: 'runbook-check/shop-failover',
    zone: 'ams',
    timezone: 'Europe/Amsterdam',
    settings: { cron: '30 6 * * *', deadline: 1800 },
    timeLimit: 2700,
    input: { runbook: { name: 'shop-failover' }, alertZone: expect.any(String) },
    attributes: { HoldfastKind: 'runbookCheck' },
  });
  expect(appliedPause('runbookCheck', check?.input)).toBe(false);
});
