import { describe, expect, it } from '@jest/globals';
import { whyStays } from '../../../retention/index.ts';
import { backupAt, copyIn } from './histories.ts';

const times = { decidedFor: '2026-11-21T02:00:00.000Z', at: '2026-11-21T08:00:00.000Z' };
const why = (changes: Parameters<typeof backupAt>[1], timezone = 'Europe/Amsterdam') =>
  whyStays(backupAt('2026-10-07T01:00:00Z', changes), { ...times, timezone });

describe('right before it is removed, a copy', () => {
  it('goes when nothing came meanwhile', () => {
    expect(why({})).toBeNull();
  });

  it('stays under a legal hold', () => {
    expect(why({ holds: ['0a1b2c3d'] })).toBe('It came under the legal hold 0a1b2c3d.');
  });

  it('stays when it failed a restore test', () => {
    const copies = [copyIn('local', { untouchable: 'disproven' })];
    expect(why({ copies })).toMatch(/^It failed a restore test/);
  });

  it('stays while a restore reads it, by the clock of this moment', () => {
    expect(why({ readingUntil: '2026-11-21T08:00:01.000Z' })).toMatch(/^A restore is reading it/);
    expect(why({ readingUntil: '2026-11-21T07:59:59.000Z' })).toBeNull();
  });

  it.each([
    ['Europe/Amsterdam', '2026-11-21', true],
    ['Europe/Amsterdam', '2026-11-20', false],
    // Where it is still the day before, and where it is the same day already for long.
    ['America/New_York', '2026-11-20', true],
    ['America/New_York', '2026-11-19', false],
    ['Pacific/Auckland', '2026-11-21', true],
    ['Pacific/Auckland', '2026-11-20', false],
  ])('in %s stays through the last day of a promise: until %s, %p', (timezone, until, stays) => {
    const copies = [copyIn('local', { promised: [{ tier: 'yearly', until }] })];
    expect(why({ copies }, timezone)).toBe(
      stays ? `It was promised to be kept as yearly until ${until}.` : null,
    );
  });
});
