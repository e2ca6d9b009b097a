import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pauseBefore, persist } from '../../../repository/stores/retry.ts';

const patience = { seconds: 60, firstPause: 1, longestPause: 4 };
const always = async () => true;

describe('pauses', () => {
  it('double up to the longest, and are random within the upper half', () => {
    const slow = { seconds: 60, firstPause: 100, longestPause: 1000 };
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 60 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempt, dice) => {
          const bound = Math.min(1000, 100 * 2 ** (attempt - 2));
          const pause = pauseBefore(attempt, slow, () => dice);
          expect(pause).toBeGreaterThanOrEqual(bound / 2);
          expect(pause).toBeLessThanOrEqual(bound);
        },
      ),
    );
  });
});

describe('persisting', () => {
  it('tells the work which attempt it is', async () => {
    const attempts: number[] = [];
    const work = async (attempt: number) => {
      attempts.push(attempt);
      if (attempt < 4) throw new Error('not yet');
      return 'done';
    };
    const options = { what: 'x', patience, signal: undefined, shouldRetry: always };
    expect(await persist(work, options)).toBe('done');
    expect(attempts).toEqual([1, 2, 3, 4]);
  });

  it('ends at once where another attempt is no use', async () => {
    let attempts = 0;
    const work = async () => {
      attempts += 1;
      throw new Error('never');
    };
    const options = { what: 'x', patience, signal: undefined, shouldRetry: async () => false };
    await expect(persist(work, options)).rejects.toThrow('never');
    expect(attempts).toBe(1);
  });

  it('ends with the last error when patience does', async () => {
    const work = async (attempt: number) => {
      throw new Error(`failure ${attempt}`);
    };
    const options = {
      what: 'x',
      patience: { ...patience, seconds: 0 },
      signal: undefined,
      shouldRetry: always,
    };
    await expect(persist(work, options)).rejects.toThrow('failure 1');
  });

  it('ends with interrupted on the signal, in work and in a pause', async () => {
    const controller = new AbortController();
    const work = async () => {
      queueMicrotask(() => controller.abort());
      throw new Error('failed');
    };
    const long = { seconds: 1e6, firstPause: 1e6, longestPause: 1e6 };
    const options = { what: 'Writing', patience: long, signal: controller.signal, shouldRetry: always };
    await expect(persist(work, options)).rejects.toMatchObject({ code: 'interrupted' });
  });
});
