import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PostgresTarget, ResolvedStep, RunMode, StepAction } from '../../policy/resolved-failover.ts';
import { describeStep } from '../../workflows/failover/does.ts';
import { type Failovers, openFailovers, progressOfRun, say, waiting } from '../support/failovers.ts';
import { planOf } from '../support/plans.ts';
import { command, commandOf, step } from '../support/runbooks.ts';

let scene: Failovers;

beforeAll(async () => {
  scene = await openFailovers();
});

afterAll(() => scene?.close());

describe('law 9: a drill is the real thing', () => {
  it('does the same steps in the same order, asks the same people, and differs in the mode alone', async () => {
    const steps = [
      command('fence', scene.writes('real fence'), { drill: commandOf(scene.writes('drill fence')) }),
      command('beside', scene.writes('real beside'), { drill: commandOf(scene.writes('drill beside')) }),
      command('promote', scene.writes('real promote'), {
        drill: commandOf(scene.writes('drill promote')),
        needs: ['fence'],
        approve: true,
        role: 'dba',
      }),
      step('cdn', { do: 'manual' }, { needs: ['promote'] }),
    ];
    const drill = { owner: 'commander-2', expect: [], inject: [] };
    const shapes = await Promise.all(
      (['real', 'drill'] as const).map(async (mode) => {
        const handle = await scene.start(steps, mode === 'real' ? {} : { mode, drill });
        const { step: asked } = await waiting(handle, 'promote', 'approval');
        await say(handle, 'approve', { by: 'dba-1', step: 'promote', hash: asked.hash ?? '' });
        await waiting(handle, 'cdn', 'deed');
        await say(handle, 'complete', { by: 'ops-1', step: 'cdn', evidence: 'x' });
        await handle.result();
        const run = await progressOfRun(handle);
        const { events } = await handle.fetchHistory();
        const activities = (events ?? []).flatMap(
          ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType?.name ?? [],
        );
        const ofSteps = activities.filter((name) => ['lookAtStep', 'doStep', 'checkStep'].includes(name));
        return {
          activities: ofSteps.sort(),
          steps: run.steps.map(({ id, state, approvals }) => ({
            id,
            state,
            by: approvals.map(({ by }) => by),
          })),
        };
      }),
    );
    expect(shapes[0]).toEqual(shapes[1]);
    const lines = await scene.lines();
    for (const mode of ['real', 'drill'])
      expect(lines.filter((line) => line.startsWith(mode)).sort()).toEqual([
        `${mode} beside`,
        `${mode} fence`,
        `${mode} promote`,
      ]);
  });

  it.each(everyAction().map((action) => [action.do, action] as const))(
    '%s says what it does in each mode',
    (_, action) => {
      const each: ResolvedStep = step('one', action);
      const said = (['real', 'drill', 'tabletop'] as const).map((mode: RunMode) => describeStep(each, mode));
      for (const sentence of said) expect(sentence).toMatch(/^[A-Z\w].*\.$/s);
      expect(said[2]).toContain('Walk through it');
      const touches = !['approve', 'manual', 'wait', 'backups.verify'].includes(action.do);
      if (touches) expect(said[1]).not.toBe(said[0]);
    },
  );
});

/** One of each kind, without a target for drills. */
function everyAction(): StepAction[] {
  const target: PostgresTarget = {
    kind: 'postgres',
    name: 'shop-primary',
    zone: 'ams',
    host: 'db',
    port: 5432,
    user: 'failover',
    database: 'shop',
    ssl: { mode: 'prefer' },
  };
  const server = { name: 'dns', zone: 'ams', host: 'ns', port: 53, domain: 'example.org', resolvers: [] };
  const plan = planOf('shop-daily');
  return [
    { do: 'approve' },
    { do: 'manual' },
    { do: 'wait', seconds: 60 },
    { do: 'notify', severity: 'info', roles: ['ops'] },
    { do: 'command', command: commandOf(['true']) },
    { do: 'backups.verify', plans: [plan], tested: 60 },
    { do: 'restore', plan, target, database: 'shop' },
    { do: 'postgres.recover', standby: target, plan, database: 'shop' },
    { do: 'postgres.fence', target },
    { do: 'postgres.promote', target },
    { do: 'postgres.standby', target, primary: { ...target, name: 'shop-standby' } },
    {
      do: 'dns.update',
      of: { server, record: 'shop.example.org', type: 'A' },
      value: '192.0.2.1',
      ttl: 60,
    },
    { do: 'http.check', url: 'https://shop.example.org/', status: 200, within: 60 },
    { do: 'sql.check', target, queries: ['select true'], within: 60 },
    { do: 'kubectl', deed: { verb: 'apply', kustomize: 'overlays/dr' } },
  ];
}
