import { describe, expect, it } from '@jest/globals';
import { cut, fitted, folded, someOf } from '../../../cli/status/text.ts';
import { documentOf, printed } from '../../support/status.ts';
import { standingOf } from '../../support/surveys.ts';

const long = 'a-plan-with-quite-a-long-name';

describe('the screen', () => {
  it.each([60, 72, 80, 100, 200, undefined])('of %p columns has no longer line', (columns) => {
    const standings = [standingOf(long, { applied: false }), standingOf('crm')];
    const document = documentOf([long, 'crm'], { standings });
    const lines = printed(document, columns === undefined ? {} : { columns });
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(Math.min(columns ?? 100, 100));
    expect(lines.join('\n')).toMatch(/^a-plan.* fault$/m);
    expect(lines.join('\n')).toMatch(/^crm .*1h +2026-11-20 +14h ago .*ok$/m);
    expect(lines.join('\n')).toMatch(/^offsite .* ok$/m);
  });

  it('says when a plan runs next where there is room for it', () => {
    const document = documentOf([long]);
    expect(printed(document, { columns: 100 }).at(0)).toContain('NEXT');
    expect(printed(document, { columns: 72 }).at(0)).not.toContain('NEXT');
  });

  it('of a policy without a plan says that nothing is protected, and that is not well', () => {
    const document = documentOf([]);
    expect(document.well).toBe(false);
    expect(printed(document).at(-1)).toBe('Nothing is protected: the policy has no plan.');
  });
});

describe('a table', () => {
  const table = {
    head: ['NAME', 'AGE', 'NEXT', ''],
    rows: [
      ['extraordinary', '1d', 'in 2h', '\u001b[31mfault\u001b[39m'],
      ['crm', '2d', 'in 3h', 'ok'],
    ],
  };

  it('that fits stays as it is, colours not counted', () => {
    expect(fitted(table, 32, ['NEXT'])).toEqual(table);
  });

  it('loses what may be missed, and then the end of its names', () => {
    expect(fitted(table, 31, ['NEXT'])).toMatchObject({ head: ['NAME', 'AGE', ''] });
    expect(fitted(table, 21, ['NEXT']).rows.map(([name]) => name)).toEqual(['extraord…', 'crm']);
    expect(fitted(table, 1, ['NEXT']).rows.map(([name]) => name)).toEqual(['extraor…', 'crm']);
  });
});

describe('texts', () => {
  it('are cut, folded between words, and shortened to the first few', () => {
    expect(cut('abcdef', 4)).toBe('abc…');
    expect(cut('abcd', 4)).toBe('abcd');
    expect(folded('one two three', 7)).toEqual(['one two', 'three']);
    expect(folded('extraordinary', 5)).toEqual(['extraordinary']);
    expect(someOf(['a', 'b', 'c', 'd', 'e'])).toBe('a, b, c and 2 more');
    expect(someOf(['a', 'b', 'c'])).toBe('a, b, c');
  });
});
