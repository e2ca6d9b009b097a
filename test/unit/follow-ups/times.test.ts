import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import {
  dateIn,
  dayAfter,
  endOfDay,
  isDay,
  reminderFor,
  startOfDay,
} from '../../../workflows/follow-ups-times.ts';

/** Zones with clock changes at night, at midnight, of half an hour, far from UTC, and with days that there were not. */
const zones = [
  'UTC',
  'Europe/Amsterdam',
  'America/New_York',
  'America/Sao_Paulo',
  'Asia/Beirut',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Pacific/Kiritimati',
  'America/Adak',
];
const days = fc
  .date({ min: new Date('2010-01-01'), max: new Date('2040-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));

describe('days of a zone', () => {
  it('begin when its calendar shows them first, also where clocks skip midnight', () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), days, (zone, day) => {
        // Samoa had no 30 December 2011: that day begins with the next one.
        if (zone === 'Pacific/Apia' && day === '2011-12-30') return;
        const { epochMilliseconds } = Temporal.PlainDate.from(day).toZonedDateTime(zone);
        expect(startOfDay(zone, day)).toBe(epochMilliseconds);
        expect(dateIn(zone, epochMilliseconds)).toBe(day);
      }),
      { numRuns: 300 },
    );
    expect(startOfDay('Pacific/Apia', '2011-12-30')).toBe(startOfDay('Pacific/Apia', '2011-12-31'));
  });

  it('end when the next one begins: 23 or 25 hours later where the clocks are set', () => {
    const length = (day: string) =>
      (endOfDay('Europe/Amsterdam', day) - startOfDay('Europe/Amsterdam', day)) / 3_600_000;
    expect(['2026-03-28', '2026-03-29', '2026-10-25'].map(length)).toEqual([24, 23, 25]);
  });

  it('are reminded of in the morning before', () => {
    expect(new Date(reminderFor('Europe/Amsterdam', '2026-12-01')).toISOString()).toBe(
      '2026-11-30T08:00:00.000Z',
    );
  });

  it('are written one way', () => {
    expect(['2026-12-01', '2028-02-29'].map(isDay)).toEqual([true, true]);
    expect(['2026-2-1', '2026-02-30', 'soon', '20261201', '2026-12-01T00:00'].map(isDay)).not.toContain(true);
    expect(dayAfter('2026-12-31', 1)).toBe('2027-01-01');
  });
});
