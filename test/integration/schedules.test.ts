import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Client } from '@temporalio/client';
import type { ResolvedPlan } from '../../policy/resolved.ts';
import {
  type Applied,
  applyChanges,
  backupScheduleId,
  desiredSchedules,
  diffSchedules,
  ensureSearchAttributes,
  liveSchedule,
  liveSchedules,
  missingSearchAttributes,
  refuseUnsafe,
  type ScheduleChange,
} from '../../schedules/index.ts';
import { planOf, policyOf } from '../support/plans.ts';
import { startTestTemporal } from '../support/temporal.ts';

const organization = 'Example BV';
/** Enough to see that nothing depends on one page or one connection; `npm run bench` measures 1,000. */
const many = 150;

describe('schedules on a real server', () => {
  let temporal: Awaited<ReturnType<typeof startTestTemporal>>;
  let client: Client;

  beforeAll(async () => {
    temporal = await startTestTemporal();
    client = temporal.client;
    await ensureSearchAttributes(client, temporal.connection);
  });
  afterAll(() => temporal.stop());
  beforeEach(async () => {
    for await (const { scheduleId } of client.schedule.list())
      await client.schedule.getHandle(scheduleId).delete();
    await untilListed(0);
  });

  async function plan(plans: ResolvedPlan[], owner = organization): Promise<ScheduleChange[]> {
    // The Schedules of the checks are the same for all that happens here.
    const desired = desiredSchedules(policyOf(plans)).filter(
      ({ recurring }) => recurring.workflowType === 'backup',
    );
    const ids = desired.map(({ id }) => id);
    return diffSchedules(desired, await liveSchedules(client, owner, ids), owner);
  }

  async function apply(plans: ResolvedPlan[]): Promise<Applied[]> {
    const applied = await applyChanges(client, await plan(plans), organization);
    expect(applied.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    return applied;
  }

  /** The list of schedules lags behind what was done. */
  async function untilListed(count: number): Promise<void> {
    for (;;) {
      let listed = 0;
      for await (const _ of client.schedule.list()) listed += 1;
      if (listed === count) return;
    }
  }

  const kinds = (changes: ScheduleChange[]) => changes.map(({ kind, id }) => `${kind} ${id}`);
  const shop = () => planOf('shop');
  const handle = () => client.schedule.getHandle(backupScheduleId('shop'));

  it('creates what is wanted, and finds nothing to do afterwards', async () => {
    expect(kinds(await plan([shop()]))).toEqual(['create holdfast/backup/shop']);
    await apply([shop()]);
    expect(await plan([shop()])).toEqual([{ kind: 'unchanged', id: 'holdfast/backup/shop' }]);
    expect(await apply([shop()])).toEqual([]);
    const { action, memo, policies } = await handle().describe();
    expect(action).toMatchObject({
      workflowType: 'backup',
      workflowId: 'backup/shop',
      taskQueue: 'holdfast-fra',
      args: [{ plan: shop() }],
      workflowExecutionTimeout: 8_100_000,
      staticSummary: 'Backup of shop by plan shop into local, offsite',
    });
    expect(memo).toEqual({ holdfast: { organization, made: 1 } });
    expect(policies).toEqual({ overlap: 'SKIP', catchupWindow: 3_600_000, pauseOnFailure: false });
  });

  it('updates by field, and not for the policy hash alone', async () => {
    await apply([shop()]);
    expect(kinds(await plan([planOf('shop', { policyHash: 'f'.repeat(64) })]))).toEqual([
      'unchanged holdfast/backup/shop',
    ]);
    const later = planOf('shop', {
      schedule: { cron: '30 2 1 * MON', jitter: 300, catchup: 3600, deadline: 7200, paused: false },
    });
    const [change] = await plan([later]);
    expect(change).toMatchObject({
      kind: 'update',
      fields: [
        { path: 'schedule.cron', from: '"0 2 * * *"', to: '"30 2 1 * MON"' },
        { path: 'schedule.jitter', from: '0', to: '300' },
      ],
    });
    await apply([later]);
    expect(kinds(await plan([later]))).toEqual(['unchanged holdfast/backup/shop']);
    expect((await handle().describe()).spec.calendars).toHaveLength(2);
  });

  it('puts back what somebody changed by hand in Temporal', async () => {
    await apply([shop()]);
    await handle().update(({ spec, action, policies, state }) => ({
      spec: { calendars: [{ hour: 5 }], timezone: spec.timezone ?? 'UTC' },
      action,
      policies,
      state,
    }));
    expect(await plan([shop()])).toMatchObject([
      {
        kind: 'update',
        fields: expect.arrayContaining([
          { path: 'temporal.calendars', from: '["0 5 * * *"]', to: '["0 2 * * *"]' },
        ]),
      },
    ]);
    await apply([shop()]);
    expect(kinds(await plan([shop()]))).toEqual(['unchanged holdfast/backup/shop']);
  });

  it('leaves a pause by hand through an apply, with its note, and says so', async () => {
    await apply([shop()]);
    await handle().pause('migration till Friday');
    const [kept] = await plan([shop()]);
    expect(kept).toMatchObject({ kind: 'unchanged', note: expect.stringContaining('migration till Friday') });
    await apply([planOf('shop', { stall: 60 })]);
    expect((await handle().describe()).state).toMatchObject({ paused: true, note: 'migration till Friday' });
  });

  it('pauses and resumes when the policy changes its mind', async () => {
    const paused = planOf('shop', { schedule: { ...shop().schedule, paused: true } });
    await apply([paused]);
    expect((await handle().describe()).state.paused).toBe(true);
    await apply([shop()]);
    expect((await handle().describe()).state.paused).toBe(false);
    await apply([paused]);
    expect((await handle().describe()).state.paused).toBe(true);
  });

  it('finishes an apply that died between its pause and its update', async () => {
    await apply([shop()]);
    await handle().pause('Paused by the policy');
    const paused = planOf('shop', { schedule: { ...shop().schedule, paused: true } });
    await apply([paused]);
    expect(await plan([paused])).toEqual([{ kind: 'unchanged', id: 'holdfast/backup/shop' }]);
    await apply([shop()]);
    expect((await handle().describe()).state.paused).toBe(false);
  });

  it('never touches a schedule that it did not make', async () => {
    const action = { type: 'startWorkflow', workflowType: 'theirs', taskQueue: 'theirs' } as const;
    await client.schedule.create({ scheduleId: 'holdfast/backup/shop', spec: {}, action });
    await client.schedule.create({ scheduleId: 'theirs', spec: {}, action });
    await untilListed(2);
    const changes = await plan([shop()]);
    expect(kinds(changes)).toEqual(['foreign holdfast/backup/shop']);
    expect(() => refuseUnsafe(changes, true)).toThrow('was not made by Holdfast');
    expect(await applyChanges(client, changes, organization)).toEqual([]);
    expect(await plan([])).toEqual([]);
    expect((await handle().describe()).action.workflowType).toBe('theirs');
  });

  it('leaves the schedules of another organization alone', async () => {
    await apply([shop()]);
    await untilListed(1);
    expect(await plan([], 'Another BV')).toEqual([]);
    expect(await plan([shop()], 'Another BV')).toMatchObject([
      { kind: 'foreign', sentence: expect.stringContaining('belongs to the policy of Example BV') },
    ]);
  });

  it('deletes the schedule of a removed plan only when that is allowed', async () => {
    await apply([shop(), planOf('crm')]);
    await untilListed(2);
    const changes = await plan([planOf('crm')]);
    expect(kinds(changes)).toEqual(['delete holdfast/backup/shop', 'unchanged holdfast/backup/crm']);
    expect(() => refuseUnsafe(changes, false)).toThrow('no longer has the plan');
    refuseUnsafe(changes, true);
    await applyChanges(client, changes, organization);
    expect(await liveSchedule(client, 'holdfast/backup/shop')).toBeNull();
    expect(await liveSchedule(client, 'holdfast/backup/crm')).not.toBeNull();
  });

  it('does not overwrite what changed between plan and apply', async () => {
    await apply([shop()]);
    const changes = await plan([planOf('shop', { stall: 60 })]);
    await apply([planOf('shop', { stall: 90 })]);
    const [applied] = await applyChanges(client, changes, organization);
    expect(applied).toMatchObject({ outcome: 'failed', error: { code: 'interrupted' } });
    expect(applied?.error?.message).toContain('was changed by someone else');
    expect(kinds(await plan([planOf('shop', { stall: 90 })]))).toEqual(['unchanged holdfast/backup/shop']);
  });

  it('runs one nominal time once, also when it fires twice', async () => {
    const everyMinute = planOf('shop', { schedule: { ...shop().schedule, cron: '* * * * *', paused: true } });
    await apply([everyMinute]);
    const start = new Date('2026-01-05T02:00:00Z');
    const minute = { start: new Date(start.getTime() - 1000), end: start, overlap: 'ALLOW_ALL' } as const;
    await handle().backfill(minute);
    await handle().backfill(minute);
    await handle().trigger('ALLOW_ALL');
    const started = async () => {
      const found: string[] = [];
      for await (const { workflowId } of client.workflow.list({ query: 'HoldfastPlan = "shop"' }))
        found.push(workflowId);
      return found;
    };
    // The trigger comes last: once its run is listed, both backfills are through.
    const isTriggered = (id: string) => !id.includes('2026-01-05');
    let found = await started();
    while (!found.some(isTriggered)) found = await started();
    expect(found.filter((id) => !isTriggered(id))).toEqual(['backup/shop-2026-01-05T02:00:00Z']);
    for (const workflowId of found) await client.workflow.getHandle(workflowId).terminate();
  });

  it('says which search attributes are missing', async () => {
    expect(await missingSearchAttributes(temporal.connection, 'default')).toEqual([]);
    await temporal.connection.operatorService.removeSearchAttributes({
      namespace: 'default',
      searchAttributes: ['HoldfastResult'],
    });
    let missing = await missingSearchAttributes(temporal.connection, 'default');
    while (missing.length === 0) missing = await missingSearchAttributes(temporal.connection, 'default');
    expect(missing).toEqual(['HoldfastResult']);
    expect(await ensureSearchAttributes(client, temporal.connection)).toEqual(['HoldfastResult']);
  });

  it('plans and applies many plans', async () => {
    const plans = Array.from({ length: many }, (_, index) =>
      planOf(`plan-${index}`, {
        schedule: { ...shop().schedule, cron: `${index % 60} ${index % 24} * * *` },
      }),
    );
    const seconds: Record<string, number> = {};
    const measure = async <Result>(name: string, work: () => Promise<Result>): Promise<Result> => {
      const startedAt = performance.now();
      const result = await work();
      seconds[name] = Math.round((performance.now() - startedAt) / 100) / 10;
      return result;
    };
    const first = await measure('plan, all new', () => plan(plans));
    expect(first.every(({ kind }) => kind === 'create')).toBe(true);
    await measure('apply, all new', () => apply(plans));
    const second = await measure('plan, all unchanged', () => plan(plans));
    expect(second.every(({ kind }) => kind === 'unchanged')).toBe(true);
    process.stderr.write(`${many} plans, seconds: ${JSON.stringify(seconds)}\n`);
  });
});
