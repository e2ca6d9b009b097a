import { describe, expect, it } from '@jest/globals';
import type {
  ResolvedPlan,
  ResolvedPolicy,
  ResolvedRepository,
  ResolvedRetention,
} from '../../../policy/resolved.ts';
import type { ResolvedRestoreTest } from '../../../policy/resolved-proof.ts';
import { desiredSchedules } from '../../../schedules/desired.ts';
import { bodyChanges, diffSchedules } from '../../../schedules/diff.ts';
import { airgapInput, appliedPause } from '../../../schedules/kinds.ts';
import type { LiveSchedule } from '../../../schedules/live.ts';
import { madeAsDesired } from '../../support/live-schedules.ts';
import { planOf, policyOf } from '../../support/plans.ts';

const settings = { cron: '0 3 * * 0', jitter: 0, catchup: 3600, deadline: 7200, paused: false };

const safe: ResolvedRepository = {
  kind: 'filesystem',
  name: 'safe',
  zone: 'ams',
  region: 'EU',
  site: 'nl-ams1',
  medium: 'disk',
  path: '/mnt/safe',
  keepFree: 0,
  manual: {
    schedule: { ...settings, cron: '0 10 * * 6' },
    role: 'operator',
    remind: 14_400,
    patience: 604_800,
  },
};

const retention: ResolvedRetention = {
  name: 'gfs',
  rules: {
    kind: 'gfs',
    keep: { daily: { for: { count: 30, unit: 'day' } } },
    anchors: { weekly: 7, monthly: 1, yearly: { month: 1, day: 1 } },
  },
  schedule: settings,
  storage: {},
};

function policy(changes: Partial<ResolvedPlan> = {}): ResolvedPolicy {
  const whole = policyOf([planOf('shop', { retention, airgapped: [safe], ...changes }), planOf('plain')]);
  return { ...whole, repositories: { ...whole.repositories, safe } };
}

const liveOf = (from: ResolvedPolicy, changes: Partial<LiveSchedule> = {}): LiveSchedule[] =>
  desiredSchedules(from).map((desired) => madeAsDesired(desired, from.organization, changes));

describe('the Schedules of a policy', () => {
  it('are one for each backup, retention and air-gapped repository, and two for the checks', () => {
    expect(
      desiredSchedules(policy()).map(({ id, body }) => [
        id,
        body.workflowType,
        body.taskQueue,
        body.calendars,
      ]),
    ).toEqual([
      ['holdfast/backup/shop', 'backup', 'holdfast-fra', expect.any(Array)],
      ['holdfast/retention/shop', 'retention', 'holdfast-fra', expect.any(Array)],
      ['holdfast/backup/plain', 'backup', 'holdfast-fra', expect.any(Array)],
      ['holdfast/airgap/safe', 'airgap', 'holdfast-ams', expect.any(Array)],
      ['holdfast/health', 'health', 'holdfast-fra', expect.any(Array)],
      ['holdfast/copies', 'copiesCheck', 'holdfast-fra', expect.any(Array)],
    ]);
  });

  it('have restore tests of the plans that set a time for them, in the zone that restores', () => {
    const restoreTest: ResolvedRestoreTest = {
      pick: { kind: 'latest' },
      zone: 'ams',
      from: ['local', 'offsite'],
      smoke: [],
      jobs: 1,
    };
    const idsOf = (changes: Partial<ResolvedRestoreTest>) =>
      desiredSchedules(policy({ restoreTest: { ...restoreTest, ...changes } })).filter(({ id }) =>
        id.startsWith('holdfast/restore-test/'),
      );
    expect(idsOf({})).toEqual([]);
    const [made] = idsOf({ schedule: { ...settings, paused: true } });
    expect(made).toMatchObject({
      id: 'holdfast/restore-test/shop',
      body: { workflowType: 'restoreTest', taskQueue: 'holdfast-ams', executionTimeout: 2 * 7200 + 86_400 },
    });
    const thaw = { days: 7, patience: 400_000 };
    expect(idsOf({ schedule: settings, thaw })[0]?.body).toMatchObject({
      executionTimeout: 2 * (7200 + 400_000) + 86_400,
    });
    expect(appliedPause('restoreTest', { plan: {}, test: { schedule: { paused: true } } })).toBe(true);
  });

  it('leave out an air-gapped repository that no plan names', () => {
    expect(airgapInput(policy({ airgapped: [] }), 'safe')).toBeNull();
    expect(airgapInput(policy(), 'local')).toBeNull();
    expect(airgapInput(policy(), 'nowhere')).toBeNull();
    expect(airgapInput(policy(), 'safe')?.plans).toMatchObject([{ plan: 'shop', source: 'shop' }]);
  });

  it('let an air-gapped repository know the rules of its plans, and not when they run', () => {
    const [filled] = airgapInput(policy({ siblings: ['plain'] }), 'safe')?.plans ?? [];
    expect(filled?.retained).toMatchObject({
      name: 'shop',
      source: { name: 'shop', zone: 'fra' },
      retention: { rules: retention.rules },
      airgapped: [{ name: 'safe' }],
      siblings: ['plain'],
    });
    expect(filled?.retained?.retention).not.toHaveProperty('schedule');
    const forEver = planOf('shop', { airgapped: [safe] });
    const kept = { ...policy(), plans: { shop: forEver } };
    expect(airgapInput(kept, 'safe')?.plans[0]).not.toHaveProperty('retained');
  });

  it('give a run time to wait for people', () => {
    const limits = desiredSchedules(policy()).map(({ body }) => body.executionTimeout);
    expect(limits).toEqual([8100, 7200 + 8 * 86_400, 8100, 2 * 604_800 + 7200 + 900, 3600, 5400]);
  });

  it('name what changes by the policy, and leave the policy hash out', () => {
    const [, before] = desiredSchedules(policy());
    const later = policy({
      retention: { ...retention, schedule: { ...settings, cron: '0 4 * * 0' } },
    });
    const [, after] = desiredSchedules({ ...later, hash: 'f'.repeat(64) });
    if (before === undefined || after === undefined) throw new Error('the plan has a retention');
    expect(bodyChanges(before.body, after.body)).toEqual([
      { path: 'retention.schedule.cron', from: '"0 3 * * 0"', to: '"0 4 * * 0"' },
    ]);
  });

  it('keep a pause by hand of each kind, and pause each kind by the policy', () => {
    const hand = diffSchedules(desiredSchedules(policy()), liveOf(policy(), { paused: true }), 'Example BV');
    expect(hand.map(({ kind }) => kind)).toEqual(Array(6).fill('unchanged'));
    expect(hand.every((change) => 'note' in change && change.note?.includes('paused by hand'))).toBe(true);
    const paused = { ...settings, paused: true };
    const wanted = policy({ retention: { ...retention, schedule: paused } });
    const changes = diffSchedules(desiredSchedules(wanted), liveOf(policy()), 'Example BV');
    expect(changes.find(({ id }) => id === 'holdfast/retention/shop')).toMatchObject({ pause: 'pause' });
  });

  it('pause the checks by the policy, and name what changes of them', () => {
    const wanted = policy();
    const health = { ...wanted.checks.health, paused: true, storage: 0.5, cron: '*/10 * * * *' };
    const changed = { ...wanted, checks: { ...wanted.checks, health } };
    const changes = diffSchedules(desiredSchedules(changed), liveOf(wanted), 'Example BV');
    const change = changes.find(({ id }) => id === 'holdfast/health');
    expect(change).toMatchObject({ kind: 'update', pause: 'pause' });
    const paths = change !== undefined && 'fields' in change ? change.fields.map(({ path }) => path) : [];
    expect(paths.sort()).toEqual(['checks.health.cron', 'checks.health.paused', 'checks.health.storage']);
  });
});
