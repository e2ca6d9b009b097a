import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { shortened } from '../../../workflows/shortened.ts';

it.each([
  ['what fits as it is', 'It is down.', 11, 'It is down.'],
  ['what is longer after a word', 'The primary does not answer.', 20, 'The primary does…'],
  ['a word that ends where the room does', 'The primary does not answer.', 17, 'The primary does…'],
  ['one long word where it must', 'x'.repeat(30), 10, `${'x'.repeat(9)}…`],
  ['a short word before a long one', `a ${'x'.repeat(30)}`, 10, `a ${'x'.repeat(7)}…`],
  ['no character in two', '😀'.repeat(10), 8, '😀😀😀…'],
])('tells %s', (_what, text, most, told) => {
  expect(shortened(text, most)).toBe(told);
});

it('never tells more than fits, nor what was not said', () => {
  fc.assert(
    fc.property(fc.lorem({ maxCount: 40 }), fc.integer({ min: 1, max: 200 }), (text, most) => {
      const told = shortened(text, most);
      expect(told.length).toBeLessThanOrEqual(most);
      expect(text.startsWith(told.replace(/…$/, ''))).toBe(true);
      expect(told === text || told.endsWith('…')).toBe(true);
    }),
  );
});
