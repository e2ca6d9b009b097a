import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  formatBytes,
  formatDuration,
  longestSeconds,
  parseDuration,
  parseSize,
  parseSpan,
} from '../../../policy/units.ts';

describe('durations', () => {
  it.each([
    ['90s', 90],
    ['5m', 300],
    ['2h', 7200],
    ['30d', 2_592_000],
    ['12w', 7_257_600],
    ['1h30m', 5400],
    ['0s', 0],
  ])('%s is read', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each(['', '5', 'm', '5 m', '-5m', '1.5h', '5M', '5y', '5mx', '99999999999999999w'])(
    '%s is none',
    (text) => {
      expect(parseDuration(text)).toBeNull();
    },
  );

  it('are read back from what is printed, where two units suffice', () => {
    const pairs = fc.constantFrom([86_400, 3600, 24], [3600, 60, 60], [60, 1, 60]);
    fc.assert(
      fc.property(
        pairs,
        fc.integer({ min: 1, max: 20 }),
        fc.nat(),
        ([large = 1, small = 1, ratio = 1], count, rest) => {
          const seconds = count * large + (rest % ratio) * small;
          expect(parseDuration(formatDuration(seconds).replaceAll(' ', ''))).toBe(seconds);
        },
      ),
    );
  });

  it('are printed with the largest unit and the one below it, and short ones with tenths', () => {
    expect(formatDuration(93_784)).toBe('1d 2h');
    expect(formatDuration(0.4)).toBe('0.4s');
    expect(formatDuration(7500)).toBe('2h 5m');
    expect(formatDuration(86_427)).toBe('1d');
  });
});

describe('sizes', () => {
  it.each([
    ['500MiB', 524_288_000],
    ['10GB', 10_000_000_000],
    ['4096B', 4096],
    ['1.5 KiB', 1536],
    ['0B', 0],
  ])('%s is read', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(['', '5', '5kb', '5iB', 'MiB', '-1MB', '1e3B', '99999999TiB'])('%s is none', (text) => {
    expect(parseSize(text)).toBeNull();
  });

  it('are read back from what is printed, within what the print leaves off', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 45 }), (bytes) => {
        const again = parseSize(formatBytes(bytes)) ?? Number.NaN;
        expect(Math.abs(again - bytes)).toBeLessThanOrEqual(bytes * 0.06);
      }),
    );
  });
});

describe('spans', () => {
  it.each([
    ['48h', 48, 'hour'],
    ['30d', 30, 'day'],
    ['12w', 12, 'week'],
    ['99999m', 99_999, 'month'],
    ['7y', 7, 'year'],
  ])('%s is read', (text, count, unit) => {
    expect(parseSpan(text)).toEqual({ count, unit });
  });

  it('take m for months, which durations take for minutes', () => {
    expect(parseSpan('12m')).toEqual({ count: 12, unit: 'month' });
    expect(longestSeconds({ count: 1, unit: 'month' })).toBe(31 * 86_400);
    expect(longestSeconds({ count: 2, unit: 'week' })).toBe(14 * 86_400);
  });

  it.each(['', '0d', '1.5d', '12', '5s', '100000d', '1d2h'])('%s is none', (text) => {
    expect(parseSpan(text)).toBeNull();
  });
});
