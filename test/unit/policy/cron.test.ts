import { describe, expect, it } from '@jest/globals';
import { faultInCron, intervalsOf } from '../../../policy/cron.ts';
import { faultInTimezone } from '../../../policy/timezone.ts';

describe('a cron expression', () => {
  it.each([
    '0 2 * * *',
    '*/15 8-18 * * MON-FRI',
    '0 0 1,15 * *',
    '0 0 29 2 *',
    '5 4 * jan 7',
    ' 0  2 * * * ',
  ])('%s is right', (text) => {
    expect(faultInCron(text)).toBeNull();
  });

  it.each([
    ['', 'this schedule has 0 fields; write five'],
    ['2', 'this schedule has 1 field; write five'],
    ['0 2 * *', 'this schedule has 4 fields; write five'],
    ['0 0 2 * * *', 'six fields; seconds are not read here'],
    ['@reboot', 'words such as @daily are not read here'],
    ['0 2 L * *', "the day of month of this schedule can't be read; L, W, #"],
    ['0 2 15W * *', "the day of month of this schedule can't be read; L, W, #"],
    ['0 2 * * 5#2', "the day of week of this schedule can't be read; L, W, #"],
    ['0 2 ? * *', "the day of month of this schedule can't be read; L, W, #"],
    ['60 2 * * *', "the minute of this schedule can't be read; write 0 to 59"],
    ['0 24 * * *', "the hour of this schedule can't be read; write 0 to 23"],
    ['0 22-2 * * *', "the hour of this schedule can't be read; write 0 to 23"],
    ['0 2 0 * *', "the day of month of this schedule can't be read; write 1 to 31"],
    ['0 2 * 13 *', "the month of this schedule can't be read; write 1 to 12"],
    ['0 2 * * mun', 'the day of week of this schedule can\'t be read; did you mean "sun"?'],
    ['x 2 * * *', "the minute of this schedule can't be read; write 0 to 59"],
    ['0 0 30 2 *', 'this schedule never fires'],
    ['0 0 31 4,6 *', 'this schedule never fires'],
  ])('%s is refused with a sentence', (text, sentence) => {
    expect(faultInCron(text)).toContain(sentence);
  });

  it.each([
    ['0 2 * * *', 24 * 60, 24 * 60],
    ['*/15 * * * *', 15, 15],
    ['*/45 * * * *', 15, 45],
    ['0 8-18 * * *', 60, 14 * 60],
    ['0 8-18 * * 1-5', 60, 62 * 60],
    ['0 2 * * 0', 7 * 1440, 7 * 1440],
    ['0 2 1 * *', 28 * 1440, 31 * 1440],
    ['0 2 29 2 *', 1461 * 1440, 1461 * 1440],
    ['0 2 1 * 0', 1 * 1440, 7 * 1440],
  ])('%s runs every so many minutes', (text, shortest, longest) => {
    expect(intervalsOf(text)).toEqual({ shortest: shortest * 60, longest: longest * 60 });
  });
});

describe('a time zone', () => {
  it.each(['UTC', 'Europe/Amsterdam', 'Europe/Kyiv', 'US/Eastern', 'America/Argentina/Buenos_Aires'])(
    '%s is right',
    (name) => {
      expect(faultInTimezone(name)).toBeNull();
    },
  );

  it.each([
    ['Europe/Amsterdm', 'did you mean "Europe/Amsterdam"?'],
    ['europe/amsterdam', 'did you mean "Europe/Amsterdam"?'],
    ['utc', 'did you mean "UTC"?'],
    ['+01:00', 'no such time zone'],
    ['', 'no such time zone'],
  ])("%s is refused: Temporal's server would not know it", (name, sentence) => {
    expect(faultInTimezone(name)).toContain(sentence);
  });
});
