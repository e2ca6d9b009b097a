import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { editDistance, nearest, suggest } from '../../../policy/nearest.ts';

const word = fc.string({ maxLength: 12 });

describe('the edit distance', () => {
  it('counts letters inserted, removed, replaced and swapped', () => {
    expect(editDistance('copies', 'copies')).toBe(0);
    expect(editDistance('copes', 'copies')).toBe(1);
    expect(editDistance('copeis', 'copies')).toBe(1);
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('', 'abc')).toBe(3);
  });

  it('is the same both ways, zero only for equals, and at most the longer length', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(editDistance(b, a)).toBe(distance);
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
      }),
    );
  });

  it('grows by at most one with one more letter', () => {
    fc.assert(
      fc.property(word, word, fc.string({ minLength: 1, maxLength: 1 }), (a, b, letter) => {
        expect(Math.abs(editDistance(a + letter, b) - editDistance(a, b))).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('the nearest name', () => {
  it('is the one that was most likely meant', () => {
    expect(nearest('copeis', ['source', 'copies', 'key'])).toBe('copies');
    expect(nearest('Shop', ['shop', 'shops'])).toBe('shop');
    expect(nearest('xyz', ['source', 'copies'])).toBeNull();
    expect(nearest('anything', [])).toBeNull();
  });

  it('finds every name of four letters or more with one letter missing', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{4,12}$/), fc.nat(), (name, at) => {
        const index = at % name.length;
        expect(nearest(name.slice(0, index) + name.slice(index + 1), [name])).toBe(name);
      }),
    );
  });

  it('is suggested, else what there is, else nothing', () => {
    expect(suggest('copeis', ['copies', 'key'])).toBe('did you mean "copies"?');
    expect(suggest('zzzzzz', ['copies', 'key'])).toBe('known here: copies, key');
    expect(suggest('copeis', [])).toBeNull();
  });
});
