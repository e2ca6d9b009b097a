import { describe, expect, it } from '@jest/globals';
import { quarterNamed } from '../../../cli/quarter.ts';
import { HoldfastError } from '../../../policy/errors.ts';

const now = new Date('2026-11-21T12:00:00Z');

function refusal(text: string): string {
  try {
    return quarterNamed(text, 'UTC', now).name;
  } catch (error) {
    return error instanceof HoldfastError ? error.sentence : String(error);
  }
}

describe('a quarter', () => {
  it('begins and ends in the time zone, also where its clocks change within', () => {
    expect(quarterNamed('2025Q4', 'Europe/Amsterdam', now)).toEqual({
      name: '2025Q4',
      from: '2025-09-30T22:00:00.000Z',
      to: '2025-12-31T23:00:00.000Z',
    });
  });

  it('that is not over goes until now', () => {
    expect(quarterNamed('2026q4', 'UTC', now)).toEqual({
      name: '2026Q4 so far',
      from: '2026-10-01T00:00:00.000Z',
      to: '2026-11-21T12:00:00.000Z',
    });
  });

  it.each([
    ['2026-11-21T12:00:00Z', 'UTC', '2026Q3'],
    ['2027-01-01T00:00:00Z', 'UTC', '2026Q4'],
    ['2026-12-31T23:30:00Z', 'UTC', '2026Q3'],
    ['2026-12-31T23:30:00Z', 'Europe/Amsterdam', '2026Q4'],
  ])('unless named is at %s in %s the last one that is over', (at, timezone, name) => {
    expect(quarterNamed(undefined, timezone, new Date(at)).name).toBe(name);
  });

  it.each([
    ['2027Q1', '2027Q1 has not begun. The last quarter that is over is 2026Q3.'],
    ['2026Q5', '"2026Q5" is no quarter. Write one like 2026Q4.'],
    ['Q4', '"Q4" is no quarter. Write one like 2026Q4.'],
  ])('%s is refused', (text, sentence) => {
    expect(refusal(text)).toBe(sentence);
  });
});
