import { describe, expect, it } from '@jest/globals';
import type { ResolvedPlan } from '../../../policy/resolved.ts';
import { desiredSchedule } from '../../../schedules/desired.ts';
import { bodyChanges, diffSchedules } from '../../../schedules/diff.ts';
import { fieldChanges } from '../../../schedules/fields.ts';
import { backupOf } from '../../../schedules/kinds.ts';
import type { LiveSchedule } from '../../../schedules/live.ts';
import { madeAsDesired } from '../../support/live-schedules.ts';
import { planOf } from '../../support/plans.ts';

const organization = 'Example BV';

function liveOf(plan: ResolvedPlan, changes: Partial<LiveSchedule> = {}): LiveSchedule {
  const desired = desiredSchedule(backupOf(plan));
  return madeAsDesired(desired, organization, { paused: plan.schedule.paused, ...changes });
}

const diff = (plans: ResolvedPlan[], live: LiveSchedule[]) =>
  diffSchedules(
    plans.map((plan) => desiredSchedule(backupOf(plan))),
    live,
    organization,
  );

describe('the diff', () => {
  it('lists what changes first, in the order of ids, and what stays last', () => {
    const changes = diff(
      [planOf('b-same'), planOf('d-new'), planOf('a-new'), planOf('c-changed', { stall: 5 })],
      [liveOf(planOf('b-same')), liveOf(planOf('c-changed')), liveOf(planOf('z-gone'))],
    );
    expect(changes.map(({ kind, id }) => `${kind} ${id.slice('holdfast/backup/'.length)}`)).toEqual([
      'create a-new',
      'create d-new',
      'update c-changed',
      'delete z-gone',
      'unchanged b-same',
    ]);
  });

  it('names copies, keys and nested fields in the words of the policy', () => {
    const before = planOf('shop');
    const [local, offsite] = before.copies;
    if (local === undefined || offsite?.kind !== 's3') throw new Error('the plan has two copies');
    const after = planOf('shop', {
      source: { ...before.source, host: 'db2.internal' },
      copies: [{ ...offsite, bucket: 'other' }],
    });
    expect(
      bodyChanges(desiredSchedule(backupOf(before)).body, desiredSchedule(backupOf(after)).body),
    ).toEqual([
      { path: 'source.host', from: '"db.internal"', to: '"db2.internal"' },
      { path: 'copies.local', from: expect.stringContaining('SHA-256'), to: null },
      { path: 'copies.offsite.bucket', from: '"ge-backups"', to: '"other"' },
    ]);
  });

  it('tells a change of order', () => {
    const one = { name: 'one', at: 1 };
    const two = { name: 'two', at: 2 };
    expect(fieldChanges([one, two], [two, one], 'copies')).toEqual([
      { path: 'copies', from: '["one","two"]', to: '["two","one"]' },
    ]);
  });

  it.each([
    // last applied, live, wanted, step
    [false, false, true, 'pause'],
    [true, true, false, 'unpause'],
    [false, true, true, 'keep'],
    [true, false, false, 'keep'],
  ])('applied %s, live %s, wanted %s: %s', (applied, live, wanted, pause) => {
    const schedule = (paused: boolean) => ({ ...planOf('shop').schedule, paused });
    const before = liveOf(planOf('shop', { schedule: schedule(applied) }), { paused: live });
    const [change] = diff([planOf('shop', { schedule: schedule(wanted) })], [before]);
    expect(change).toMatchObject({ kind: 'update', pause });
  });

  it('keeps a pause or a resumption by hand while the policy stays as it is', () => {
    const running = planOf('shop');
    const paused = planOf('shop', { schedule: { ...running.schedule, paused: true } });
    expect(diff([running], [liveOf(running, { paused: true, note: 'holiday' })])).toEqual([
      {
        kind: 'unchanged',
        id: 'holdfast/backup/shop',
        note: 'was paused by hand in Temporal ("holiday"); apply leaves it so',
      },
    ]);
    expect(diff([paused], [liveOf(paused, { paused: false })])).toMatchObject([
      { kind: 'unchanged', note: expect.stringContaining('resumed by hand') },
    ]);
    expect(diff([{ ...running, stall: 1 }], [liveOf(running, { paused: true })])).toMatchObject([
      { kind: 'update', pause: 'keep', note: expect.stringContaining('paused by hand') },
    ]);
  });
});
