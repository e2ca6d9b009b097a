import { describe, expect, it } from '@jest/globals';
import { expectOnlyProblem } from './communication-support.ts';
import { failoverWith, type Refusal, steps } from './failover-support.ts';
import { loadText } from './support.ts';

describe('several approvals', () => {
  it('are asked for by a number, which wants them', async () => {
    const { policy, weaknesses } = await loadText(
      failoverWith(
        ['approve: true,\n', 'approvals: 2,\n'],
        ['do: approve, say: Declare', 'do: approve, approvals: 1, say: Declare'],
      ),
    );
    const steps = policy.runbooks['shop-failover']?.steps ?? [];
    expect(steps.find(({ id }) => id === 'promote')).toMatchObject({ approve: true, approvals: 2 });
    expect(steps.find(({ id }) => id === 'declare')).not.toHaveProperty('approvals');
    expect(weaknesses.map(({ id, path }) => `${path} ${id}`)).toEqual([
      'runbooks.shop-failover.steps[3].approvals too-few-approvers',
    ]);
  });

  it.each<Refusal>([
    [
      'of more people than hold the role',
      `${steps}[3].approvals  3 must approve and 2 hold role dba: this step could never be approved; give the role dba to more people`,
      'approvals: 3',
      ['approve: true,\n', 'approvals: 3,\n'],
    ],
    [
      'of a choice',
      `${steps}[3].approvals  a choice is made by one person; have it need a step with do: approve`,
      'approvals: 2',
      [
        'do: postgres.promote, role: dba, target: shop-standby, needs: [fence, backups], approve: true,\n          drill: { target: shop-lab } }',
        'do: postgres.recover, role: dba, standby: shop-standby, plan: shop-daily, needs: [fence, backups], approvals: 2 }',
      ],
    ],
  ])('are refused %s', async (_what, said, line, ...changes) => {
    await expectOnlyProblem(failoverWith(...changes), said, line);
  });
});
