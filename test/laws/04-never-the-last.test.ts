import { describe, expect, it } from '@jest/globals';
import type { RetainedBackup } from '../../retention/index.ts';
import { decideRetention } from '../../retention/index.ts';
import { backupAt, copyIn, daily, gfs } from '../unit/retention/histories.ts';

const rules = gfs({ daily: { for: { count: 7, unit: 'day' } } });
const now = '2026-11-22T02:00:00.000Z';

function decide(backups: RetainedBackup[], at = now) {
  const decision = decideRetention({
    rules,
    promoted: [],
    timezone: 'Europe/Amsterdam',
    now: at,
    backups,
  });
  return (day: string) => decision.backups.find(({ backupId }) => backupId.startsWith(day));
}

const old = (changes: Partial<RetainedBackup> = {}) => backupAt('2026-10-07T01:00:00Z', changes);
const fresh = daily('2026-11-22', 3);

describe('law 4, never the last: of backups whose time is over', () => {
  it('those go that nothing refuses', () => {
    expect(decide([old(), ...fresh])('20261007')).toMatchObject({ action: 'expire', blockedBy: [] });
  });

  it('the only one stays', () => {
    const only = decide([old()])('20261007');
    expect(only).toMatchObject({ action: 'keep', remove: [], blockedBy: ['newest'] });
    expect(only?.reasons.at(-1)).toBe('It is the newest verified backup: there is none after it.');
  });

  it('the newest stays, and what is only half removed is none after it', () => {
    const half = backupAt('2026-11-20T01:00:00Z', { copies: [copyIn('local', { deleting: true })] });
    expect(decide([old(), half])('20261007')?.blockedBy).toEqual(['newest']);
  });

  it('the newest outside the air gap stays, although a newer one lies behind it', () => {
    const safe = backupAt('2026-11-20T01:00:00Z', {
      copies: [copyIn('safe', { untouchable: 'air-gapped' })],
    });
    const by = decide([old(), safe]);
    expect(by('20261007')?.blockedBy).toEqual(['newest']);
    expect(by('20261120')?.action).toBe('keep');
  });

  it('the newest stays that has not failed a restore test, and what failed one is left to a person', () => {
    const failed = backupAt('2026-11-20T01:00:00Z', {
      copies: [
        copyIn('local', { untouchable: 'disproven' }),
        copyIn('offsite', { untouchable: 'disproven' }),
      ],
    });
    const by = decide([old(), failed]);
    expect(by('20261007')?.blockedBy).toEqual(['newest']);
    expect(by('20261120')).toMatchObject({ action: 'keep', remove: [], blockedBy: ['disproven'] });
    const [here] = [
      backupAt('2026-11-20T01:00:00Z', { copies: [copyIn('local'), ...failed.copies.slice(1)] }),
    ];
    expect(decide([old(), here])('20261007')).toMatchObject({
      remove: ['local'],
      blockedBy: ['newest-in-repository'],
    });
  });

  it('the newest copy of each repository stays', () => {
    const here = fresh.map((backup) => ({ ...backup, copies: [copyIn('local')] }));
    expect(decide([old(), ...here])('20261007')).toMatchObject({
      remove: ['local'],
      blockedBy: ['newest-in-repository'],
      reasons: [expect.any(String), 'It is the newest verified backup in offsite.'],
    });
  });

  it('the newest whole copy of a repository stays, although a newer one there is half removed', () => {
    const half = (backup: RetainedBackup) => ({
      ...backup,
      copies: [copyIn('local'), copyIn('offsite', { deleting: true })],
    });
    expect(decide([old(), ...fresh.map(half)])('20261007')).toMatchObject({
      remove: ['local'],
      blockedBy: ['newest-in-repository'],
    });
  });

  it('one stays that another needs which stays, however far down', () => {
    const full = backupAt('2026-10-01T01:00:00Z');
    const first = old({ needs: [full.backupId] });
    const second = backupAt('2026-11-20T01:00:00Z', { needs: [first.backupId] });
    const by = decide([full, first, second, ...daily('2026-11-22', 1)]);
    expect(by('20261007')).toMatchObject({ action: 'keep', blockedBy: ['needed'] });
    expect(by('20261001')?.reasons.at(-1)).toBe(`${first.backupId} can't be restored without it.`);
  });

  it('one goes with those that need it, when they go', () => {
    const full = backupAt('2026-10-01T01:00:00Z');
    const by = decide([full, old({ needs: [full.backupId] }), ...fresh]);
    expect([by('20261001')?.action, by('20261007')?.action]).toEqual(['expire', 'expire']);
  });

  it('one under a legal hold stays', () => {
    const held = decide([old({ holds: ['0a1b2c3d'] }), ...fresh])('20261007');
    expect(held).toMatchObject({ action: 'keep', blockedBy: ['hold'] });
    expect(held?.reasons.at(-1)).toBe('It is under the legal hold 0a1b2c3d.');
  });

  it('one that a restore is reading stays, and one that was read goes', () => {
    const reading = (readingUntil: string) => decide([old({ readingUntil }), ...fresh])('20261007');
    expect(reading('2026-11-22T02:00:01.000Z')).toMatchObject({ action: 'keep', blockedBy: ['reading'] });
    expect(reading('2026-11-22T01:59:59.000Z')?.action).toBe('expire');
  });

  it('a locked copy stays, and one whose lock can not be asked for', () => {
    const copies = [
      copyIn('local', { lockedUntil: '2026-11-22T02:00:01.000Z' }),
      copyIn('offsite', { untouchable: 'lock-unknown' }),
      copyIn('third', { untouchable: 'legal-hold' }),
      copyIn('fourth', { lockedUntil: '2026-11-22T01:59:59.000Z' }),
    ];
    const more = fresh.map((backup) => ({
      ...backup,
      copies: copies.map((copy) => copyIn(copy.repository)),
    }));
    expect(decide([old({ copies }), ...more])('20261007')).toMatchObject({
      remove: ['fourth'],
      blockedBy: ['locked', 'lock-unknown', 'legal-hold'],
    });
  });

  it('one stays through the day that a marker promises', () => {
    const promised = (until: string) =>
      decide([old({ copies: [copyIn('local', { promised: [{ tier: 'weekly', until }] })] }), ...fresh])(
        '20261007',
      );
    expect(promised('2026-11-22')).toMatchObject({ action: 'keep', blockedBy: ['promised'] });
    expect(promised('2026-11-21')?.action).toBe('expire');
  });

  it('all stay while the clock is behind the newest backup', () => {
    const by = decide([old(), ...fresh], '2026-11-21T02:00:00.000Z');
    expect(by('20261007')).toMatchObject({ action: 'keep', blockedBy: ['clock'] });
  });
});
