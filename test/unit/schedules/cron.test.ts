import { describe, expect, it } from '@jest/globals';
import { Cron as Croner } from 'croner';
import fc from 'fast-check';
import { type Calendar, calendarsOf, calendarText } from '../../../schedules/calendar.ts';
import { cronMatches, parseCron, type WallTime } from '../../../schedules/cron.ts';
import { anyCron } from './any-cron.ts';

const anyMinute = fc
  .integer({ min: Date.UTC(2026, 0, 1) / 60_000, max: Date.UTC(2032, 0, 1) / 60_000 })
  .map((minutes) => new Date(minutes * 60_000));

const wallOf = (date: Date): WallTime => ({
  minute: date.getUTCMinutes(),
  hour: date.getUTCHours(),
  dayOfMonth: date.getUTCDate(),
  month: date.getUTCMonth() + 1,
  dayOfWeek: date.getUTCDay(),
});

const calendarMatches = (calendar: Calendar, wall: WallTime) =>
  calendar.minutes.includes(wall.minute) &&
  calendar.hours.includes(wall.hour) &&
  calendar.daysOfMonth.includes(wall.dayOfMonth) &&
  calendar.months.includes(wall.month) &&
  calendar.daysOfWeek.includes(wall.dayOfWeek);

describe('cron', () => {
  it('matches the minutes that croner matches, and so do its calendars', () => {
    fc.assert(
      fc.property(anyCron, fc.array(anyMinute, { minLength: 20, maxLength: 60 }), (text, minutes) => {
        const cron = parseCron(text);
        const croner = new Croner(text, { timezone: 'UTC', mode: '5-part', paused: true });
        const calendars = calendarsOf(cron);
        for (const date of [...minutes, ...croner.nextRuns(3, minutes[0])]) {
          const expected = croner.match(date);
          expect({ text, date, matches: cronMatches(cron, wallOf(date)) }).toEqual({
            text,
            date,
            matches: expected,
          });
          expect(calendars.some((calendar) => calendarMatches(calendar, wallOf(date)))).toBe(expected);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('takes either day when the day of the month and of the week are both restricted', () => {
    expect(calendarsOf('0 2 1 * MON').map(calendarText)).toEqual(['0 2 1 * *', '0 2 * * 1']);
  });

  it('reads names, steps, lists, and 7 as Sunday', () => {
    expect(calendarsOf('*/20 6-8 * JAN,mar sun-TUE').map(calendarText)).toEqual(['0,20,40 6-8 * 1,3 0-2']);
    expect(calendarsOf('5 4 * * 7').map(calendarText)).toEqual(['5 4 * * 0']);
    expect(calendarsOf('5 4 * * 5-7').map(calendarText)).toEqual(['5 4 * * 0,5-6']);
  });

  it.each([
    ['0 2 * *', 'it has 4 fields'],
    ['60 2 * * *', '"60" is not within 0 to 59'],
    ['0 2 0 * *', '"0" is not within 1 to 31'],
    ['0 2 L * *', '"L" is not within 1 to 31'],
    ['0 2 * * 6-1', 'the range "6-1" goes backwards'],
    ['*/0 2 * * *', 'the step of "*/0" is not positive'],
    ['5/15 2 * * *', 'a step needs a range or *'],
    ['0 2 ? * *', '"?" is not a number, range, list or step'],
    ['', 'it has 1 fields'],
  ])('refuses "%s" with a reason', (text, reason) => {
    expect(() => parseCron(text)).toThrow(reason);
  });
});
