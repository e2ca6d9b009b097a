import { describe, expect, it } from '@jest/globals';
import { factsForm, sections } from '../../../tools/bench/facts.ts';
import { phaseSeconds, type TimedEvent } from '../../../tools/bench/history.ts';
import { withAgain } from '../../../tools/bench/kept.ts';
import { isWhole, parseOptions } from '../../../tools/bench/options.ts';
import { benchmarkDocument } from '../../../tools/bench/report/document.ts';
import { median, medianAndSpread } from '../../../tools/bench/statistics.ts';
import { factsOf } from './facts.ts';

describe('a median', () => {
  it('is the middle value, or the mean of the two in the middle', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([10, 2, 4, 100])).toBe(7);
    expect(median([])).toBeNaN();
  });

  it('comes with the smallest and the largest value', () => {
    expect(medianAndSpread([3, 1, 2], String)).toBe('2 (1 to 3)');
    expect(medianAndSpread([3], String)).toBe('3');
  });
});

describe('phases of a backup', () => {
  const at = (seconds: number, nanos = 0) => ({ eventTime: { seconds, nanos } });
  const activity = (id: number, name: string, start: number, end: number): TimedEvent[] => [
    { eventId: id, ...at(0), activityTaskScheduledEventAttributes: { activityType: { name } } },
    { eventId: id + 1, ...at(start), activityTaskStartedEventAttributes: { scheduledEventId: id } },
    { eventId: id + 2, ...at(end, 5e8), activityTaskCompletedEventAttributes: { scheduledEventId: id } },
  ];

  it('last from the first start to the last end of their activities, and not from their scheduling', () => {
    const events = [
      ...activity(1, 'preflight', 10, 11),
      ...activity(4, 'dump', 12, 30),
      ...activity(7, 'verifyCopy', 31, 33),
      ...activity(10, 'verifyCopy', 32, 36),
    ];
    expect(phaseSeconds(events)).toEqual({ preflight: 1.5, dump: 18.5, 'read back': 5.5 });
  });
});

describe('the options', () => {
  it('are a whole run when none are given, and only that', () => {
    const whole = parseOptions([]);
    expect(whole).toEqual({ rows: 10_000_000, runs: 3, only: sections, out: undefined, again: false });
    expect(isWhole(whole)).toBe(true);
    const tried = parseOptions(['--rows', '200000']);
    expect(tried.runs).toBe(1);
    expect(isWhole(tried)).toBe(false);
    expect(isWhole(parseOptions(['--only', 'pipe,memory']))).toBe(false);
  });

  it.each([
    [['--rows', '3.5'], '--rows must be a whole number from 1000 on, and is 3.5.'],
    [['--runs', '0'], '--runs must be a whole number from 1 on, and is 0.'],
    [['--only', 'pipe,kopia'], 'There is no section kopia.'],
    [['--only', 'pipe,status', '--again'], '--again can not measure pipe alone'],
    [['--only', 'status', '--again', '--rows', '5000'], '--again takes no --rows'],
    [['--again'], '--again can not measure pipe, script, restic, pgbackrest alone'],
    [['--fast'], "Unknown option '--fast'"],
  ])('%j are refused with a sentence', (args, sentence) => {
    expect(() => parseOptions(args)).toThrow(sentence);
  });
});

describe('sections that are measured again', () => {
  const now = factsOf({
    date: '2026-12-01',
    runs: 1,
    sections: ['status'],
    samples: [],
    retention: null,
    status: { plans: 1000, backups: 60, objects: 360_000, cold: [4.2], again: 4, requests: 1002 },
  });

  it('take the place of what was measured before, and the rest stays', () => {
    const before = factsOf({ status: null });
    const merged = withAgain(before, now);
    expect(merged).toEqual({
      ...before,
      status: now.status,
      again: { status: { date: '2026-12-01', runs: 1 } },
    });
  });

  it('are told, with their day and how often where these differ', () => {
    const text = benchmarkDocument(withAgain(factsOf(), now)).replaceAll('\n', ' ');
    expect(text).toContain('Measured again after the others: status on 2026-12-01 1 ×.');
    expect(benchmarkDocument(factsOf())).not.toContain('again after');
  });

  it('are added to facts that a file keeps as they are', () => {
    const facts = withAgain(factsOf(), now);
    expect(factsForm.parse(JSON.parse(JSON.stringify(facts)))).toEqual(facts);
  });
});
