import { describe, expect, it } from '@jest/globals';
import { lossFacts } from '../../../activities/steps/postgres-facts.ts';
import { lossOf } from '../../../sources/postgres/failover/index.ts';
import { bytesBetween, latestOf } from '../../../sources/postgres/failover/lsn.ts';

describe('positions in a log', () => {
  it.each([
    ['0/3000148', '0/3000148', 0],
    ['0/3000148', '0/3000150', 8],
    ['0/FFFFFFFF', '1/0', 1],
    ['A/0', '9/FFFFFFFF', -1],
  ])('from %s to %s are %d bytes', (from, to, bytes) => {
    expect(bytesBetween(from, to)).toBe(bytes);
  });

  it('are compared as numbers', () => {
    expect(latestOf('9/0', null, '10/0', 'F/FFFFFFFF')).toBe('10/0');
    expect(latestOf(null, null)).toBeNull();
    expect(() => bytesBetween('3000148', '0/0')).toThrow(RangeError);
  });
});

describe('what a promotion loses', () => {
  const since = '2026-11-21T12:00:00.000Z';
  const replayedAt = '2026-11-21T11:59:30.000Z';
  const standby = { received: '0/500', replayed: '0/400', replayedAt };

  it('is nothing where all of the primary has arrived, also what is not replayed yet', () => {
    const primary = { position: '0/500', at: '2026-11-21T11:59:50.000Z' };
    const loss = lossOf(standby, primary, since);
    expect(loss).toEqual({ seconds: 0, bytes: 0, newestData: primary.at, measured: true });
    expect(lossFacts(loss).at(-1)).toEqual({ name: 'predicted loss', value: 'nothing' });
    expect(lossOf({ ...standby, received: '0/600' }, primary, since)).toMatchObject({ bytes: 0 });
  });

  it('is what did not arrive, until the clock of the primary', () => {
    const loss = lossOf(standby, { position: '0/580', at: '2026-11-21T11:59:50.000Z' }, since);
    expect(loss).toEqual({ seconds: 20, bytes: 0x80, newestData: replayedAt, measured: true });
    expect(lossFacts(loss)[0]).toMatchObject({ value: '20s', number: 20 });
  });

  it('has a limit where the primary is dead, and that does not grow while people decide', () => {
    const loss = lossOf(standby, null, since);
    expect(loss).toEqual({ seconds: 30, bytes: null, newestData: replayedAt, measured: false });
    expect(lossFacts(loss)[0]).toMatchObject({ value: 'at most 30s', number: 30 });
    expect(lossFacts(loss)[1]).not.toHaveProperty('number');
  });

  it('is unknown where nothing was replayed', () => {
    const loss = lossOf({ ...standby, replayedAt: null }, null, since);
    expect(loss).toMatchObject({ seconds: null, newestData: null });
    expect(lossFacts(loss).map(({ name }) => name)).not.toContain('newest data');
    expect(lossFacts(loss).at(-1)?.value).toBe('unknown');
  });
});
