import { describe, expect, it } from '@jest/globals';
import { faultsOf, type PlanStatus } from '../../../cli/plan-status.ts';

const well: Omit<PlanStatus, 'faults'> = {
  plan: 'shop-daily',
  source: 'shop',
  zone: 'fra',
  worker: true,
  applied: true,
  paused: false,
  running: [],
  next: '2026-11-22T01:00:00Z',
  last: { workflowId: 'backup/shop-daily-x', at: '2026-11-21T01:01:00Z', result: 'passed' },
  lastGood: { workflowId: 'backup/shop-daily-x', backupId: 'b', dataTime: '2026-11-21T01:00:00Z', age: 3600 },
  rpo: 86_400,
  missed: 0,
  skipped: 0,
};

describe('what of a status needs a person', () => {
  it('is nothing when all is well', () => {
    expect(faultsOf(well)).toEqual([]);
  });

  it.each([
    [{ worker: false }, 'run `holdfast worker --zone fra`'],
    [{ applied: false }, 'run `holdfast apply`'],
    [{ last: { workflowId: 'w', at: '', result: 'timed out' } }, 'ended as timed out'],
    [{ last: { workflowId: 'w', at: '', result: 'failed' } }, 'ended as failed'],
    [{ lastGood: null }, 'no good backup'],
    [{ rpo: 1800 }, 'newest data is 1h old, and its tier allows 30m'],
    [{ missed: 2 }, '2 of its backups never started'],
  ])('%j is told', (change, sentence) => {
    const faults = faultsOf({ ...well, ...change });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(sentence);
  });

  it('measures staleness from the data, and a running first backup is no fault', () => {
    expect(faultsOf({ ...well, lastGood: null, last: null, running: ['w'] })).toEqual([]);
  });
});
