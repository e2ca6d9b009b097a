import { describe, expect, it } from '@jest/globals';
import type { DrillStanding, WatchedDrill } from '../../../workflows/contract-drills.ts';
import type { EarlierRun } from '../../../workflows/contract-failover.ts';
import { faultsOf, isAsked, runsOf, withReports } from '../../../workflows/drills/held.ts';
import type { Known } from '../../../workflows/drills/memory.ts';

const due = '2026-12-01T09:00:00.000Z';
const hour = 3_600_000;
const known: Known = { upcoming: [], due, held: null, told: [], roles: [] };
const drill: WatchedDrill = {
  ...{ runbook: 'shop', drill: 'quarterly', kind: 'full', notice: 604_800, owner: 'dba-1', expect: ['x'] },
  schedule: { cron: '0 10 1 */3 *', jitter: 0, catchup: 3600, deadline: 7200, paused: false },
  ...{ roles: ['ops'], told: ['ops'] },
};
const standing: DrillStanding = {
  ...{ runbook: 'shop', drill: 'quarterly', applied: true, paused: false, next: [], fired: [] },
};
const run = (changes: Partial<EarlierRun> = {}): EarlierRun => ({
  ...{ workflowId: 'drill/shop/quarterly-x', mode: 'drill', version: 'a', at: '2026-12-01T10:00:00.000Z' },
  ...{ result: 'passed-with-exceptions', rto: 60, steps: {}, drill: 'quarterly' },
  ...changes,
});
/** An hour each for being late, and until its report is there, and the two that it may take. */
const over = Date.parse(due) + 4 * hour;

const found = (
  runs: EarlierRun[] | null,
  now = over,
  changes: { drill?: WatchedDrill; standing?: DrillStanding; known?: Known } = {},
) =>
  faultsOf(
    changes.drill ?? drill,
    changes.standing ?? standing,
    withReports(changes.known ?? known, runs ?? []),
    runs,
    now,
  );

describe('a drill', () => {
  it('that was held when it was due is well', () => {
    expect(found([run()])).toEqual([]);
    expect(isAsked(withReports(known, [run()]))).toBe(false);
  });

  it('of which nothing was heard is overdue once it could have been over', () => {
    expect(found([], over - 1)).toEqual([]);
    expect(found([])).toMatchObject([
      {
        kind: 'drill-overdue',
        subject: 'shop/quarterly',
        severity: 'warning',
        roles: ['ops'],
        sentence: expect.stringMatching(/was due at .* was not held\. It was never held\. Hold it with/),
      },
    ]);
    expect(found([run({ at: '2026-09-01T10:00:00.000Z' })])).toMatchObject([
      { sentence: expect.stringContaining('It was held last at 2026-09-01') },
    ]);
  });

  it('that was stopped is overdue at once, and no longer when it is held after all', () => {
    const stopped = run({ result: 'aborted', at: '2026-12-01T09:05:00.000Z' });
    expect(found([stopped], Date.parse(due) + hour)).toMatchObject([
      { kind: 'drill-overdue', sentence: expect.stringContaining('ended as aborted at 2026-12-01T09:05') },
    ]);
    expect(found([run({ at: '2026-12-02T10:00:00.000Z' }), stopped])).toEqual([]);
  });

  it('is not taken for another of the same runbook', () => {
    expect(runsOf([run({ drill: 'yearly' }), run()], drill)).toEqual([run()]);
  });

  it('of which nobody can tell is said to be unknown', () => {
    expect(found(null)).toMatchObject([{ kind: 'check-impossible' }]);
    expect(found(null, over - 1)).toEqual([]);
  });

  it('without a Schedule, or with one that somebody paused, is told; one that the policy pauses is not', () => {
    expect(found([run()], over, { standing: { ...standing, applied: false } })).toMatchObject([
      { kind: 'schedule-drifted' },
    ]);
    expect(found([run()], over, { standing: { ...standing, paused: true } })).toMatchObject([
      { kind: 'schedule-paused' },
    ]);
    const paused = { ...drill, schedule: { ...drill.schedule, paused: true } };
    expect(found([], over, { drill: paused, standing: { ...standing, paused: true } })).toEqual([]);
  });

  it('that was never due is well', () => {
    expect(found([], over, { known: { ...known, due: null } })).toEqual([]);
  });
});
