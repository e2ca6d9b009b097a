import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareKeys } from '../../../repository/stores/keys.ts';

describe('the order of keys', () => {
  it('is that of their UTF-8 bytes', () => {
    const letters = fc.constantFrom('a', 'b', '/', '-', 'é', '\uD7FF', '\uE000', '\uFFFD', '\u{10000}', '😀');
    const key = fc.array(letters, { maxLength: 4 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(key, key, (left, right) => {
        expect(Math.sign(compareKeys(left, right))).toBe(
          Buffer.compare(Buffer.from(left), Buffer.from(right)),
        );
      }),
      { numRuns: 2000 },
    );
  });
});
