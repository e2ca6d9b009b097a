import { describe, expect, it } from '@jest/globals';
import { desiredSchedule } from '../../../schedules/desired.ts';
import { diffSchedules } from '../../../schedules/diff.ts';
import { appliedPause, type Recurring, recurringOf } from '../../../schedules/kinds.ts';
import { drillInput } from '../../../schedules/kinds-drill.ts';
import type { FailoverInput } from '../../../workflows/contract-failover.ts';
import { madeAsDesired } from '../../support/live-schedules.ts';
import { failoverWith } from '../policy/failover-support.ts';
import { loadText } from '../policy/support.ts';

const quarterly = (more = ''): [string, string] => [
  '    class: critical\n',
  `    class: critical\n    drills:\n      quarterly: { kind: partial, steps: [promote, dns], schedule: "0 10 1 */3 *", owner: commander-1, expect: [It answers]${more} }\n`,
];

const load = async (...changes: [string, string][]) => (await loadText(failoverWith(...changes))).policy;

async function drillsOf(...changes: [string, string][]): Promise<Recurring[]> {
  const kinds = ['failover', 'drillWatch'];
  return recurringOf(await load(...changes)).filter(({ workflowType }) => kinds.includes(workflowType));
}

describe('the Schedules of drills', () => {
  it('are there only for those that the policy has', async () => {
    expect(await drillsOf()).toEqual([]);
    expect((await drillsOf(quarterly())).map(({ workflowId }) => workflowId)).toEqual([
      'drill/shop-failover/quarterly',
      'drills',
    ]);
  });

  it('start the same workflow as the real thing, in its mode, of the part that is rehearsed', async () => {
    const [drill] = await drillsOf(quarterly(', inject: [{ fail: promote }]'));
    const runbook = (await load()).runbooks['shop-failover'];
    expect(drill).toMatchObject({
      ...{ workflowType: 'failover', zone: 'ams', timezone: 'Europe/Amsterdam' },
      // What it may take, a day for its owner's word, and one to clean up.
      timeLimit: 3 * 86_400,
      attributes: { HoldfastKind: 'failover' },
      input: {
        ...{ mode: 'drill', person: 'commander-1', alone: true },
        runbook: {
          name: 'shop-failover',
          drills: [],
          steps: [
            { id: 'promote', needs: [] },
            { id: 'dns', needs: ['promote'] },
          ],
        },
        drill: {
          ...{ name: 'quarterly', kind: 'partial', owner: 'commander-1', expect: ['It answers'] },
          ...{ inject: [{ step: 'promote', what: 'fail' }], deadline: 86_400, verdict: 86_400 },
        },
      },
      memo: { runbook: 'shop-failover', mode: 'drill', person: 'commander-1' },
    });
    expect(drill?.memo?.version).not.toBe(runbook?.version);
    expect(appliedPause('failover', drill?.input)).toBe(false);
  });

  it('take nothing along that is lost, and nothing of the runbook’s other drills', async () => {
    const [drill] = await drillsOf(quarterly());
    const text = JSON.stringify(drill?.input);
    expect(text).not.toContain('"zone":"fra","region"');
    expect(drill?.input).not.toHaveProperty('runbook.drills.0');
  });

  it('are followed by one that knows no surprises', async () => {
    const [, watch] = await drillsOf(quarterly(', inject: [{ fail: promote }, { absent: dba-1 }]'));
    expect(watch).toMatchObject({ workflowId: 'drills', settings: { cron: '7 * * * *' } });
    expect(watch?.input).toMatchObject({
      drills: [
        {
          ...{ runbook: 'shop-failover', drill: 'quarterly', notice: 604_800, owner: 'commander-1' },
          ...{
            roles: ['incident-commander', 'dba'],
            told: expect.arrayContaining(['incident-commander', 'dba']),
          },
        },
      ],
    });
    expect(JSON.stringify(watch?.input)).not.toMatch(/inject|absent|"fail"/);
    expect(appliedPause('drillWatch', watch?.input)).toBe(false);
  });

  it('change with the drill, and not with what stands elsewhere in the policy', async () => {
    const change = async (...changes: [string, string][]) => {
      const [before] = await drillsOf(quarterly());
      const [after] = await drillsOf(...changes);
      if (before === undefined || after === undefined) throw new Error('no drill');
      const live = madeAsDesired(desiredSchedule(before), 'Example BV');
      return diffSchedules([desiredSchedule(after)], [live], 'Example BV');
    };
    expect(await change(quarterly(), ['rpo: 24h', 'rpo: 23h'])).toMatchObject([{ kind: 'unchanged' }]);
    expect(await change(quarterly(', inject: [{ fail: dns }]'))).toMatchObject([{ kind: 'update' }]);
    const paused = quarterly();
    const pausing = paused[1].replace('"0 10 1 */3 *"', '{ cron: "0 10 1 */3 *", paused: true }');
    expect(await change([paused[0], pausing])).toMatchObject([{ kind: 'update', pause: 'pause' }]);
  });

  it('are one with what a person holds by hand, but for who declares it and when', async () => {
    const policy = await load(quarterly());
    const runbook = policy.runbooks['shop-failover'];
    const rule = runbook?.drills[0];
    if (runbook === undefined || rule === undefined) throw new Error('no drill');
    const [scheduled] = recurringOf(policy).filter(({ workflowType }) => workflowType === 'failover');
    const input = drillInput(policy, runbook, rule, { person: 'dba-2', reason: 'late' });
    expect(input).toMatchObject({ person: 'dba-2', drill: { owner: 'commander-1', name: 'quarterly' } });
    expect(input.drill).not.toHaveProperty('schedule');
    const same = ({ drill: _drill, person: _person, reason: _reason, ...rest }: FailoverInput) => rest;
    const {
      drill: _,
      person: __,
      reason: ___,
      ...rest
    } = { ...scheduled?.input, drill: 0, person: 0, reason: 0 };
    expect(same(input)).toEqual(rest);
  });
});
