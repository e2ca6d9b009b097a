import { describe, expect, it } from '@jest/globals';
import { canonicalExpression } from '../../../sources/postgres/expression.ts';

const same: [string, string, string][] = [
  [
    'a cast moved into an array, as every IN list of a varchar column does',
    "((state)::text = ANY ((ARRAY['new'::character varying, 'paid'::character varying])::text[]))",
    "((state)::text = ANY (ARRAY[('new'::character varying)::text, ('paid'::character varying)::text]))",
  ],
  ['parentheses', '((a > 1) AND ((b < 2) AND (c = 3)))', 'a > 1 AND b < 2 AND c = 3'],
  ['a type with modifiers', "'1'::numeric(10,2)", "'1'"],
  ['a type of two words', 'a::timestamp(3) without time zone + b::double precision', 'a + b'],
  ['a type with a quoted schema', `'x'::"My ""schema"".mood"."kind"[]`, "'x'"],
];

const different: [string, string, string][] = [
  ['a literal', "a = 'x'", "a = 'y'"],
  ['white space in a literal', "a = 'x y'", "a = 'xy'"],
  ['a cast in a literal', "a = 'x::text'", "a = 'x'"],
  ['parentheses in a literal', "a = '(x)'", "a = 'x'"],
  ['a quoted name', '"a::text"', '"a"'],
  ['words that would run together', 'not a', 'nota'],
  ['a quote in a literal', "a = 'it''s (x)'", "a = 'it''s x'"],
];

describe('canonicalExpression', () => {
  it.each(same)('does not see %s', (_name, a, b) => {
    expect(canonicalExpression(a)).toBe(canonicalExpression(b));
  });

  it.each(different)('sees %s', (_name, a, b) => {
    expect(canonicalExpression(a)).not.toBe(canonicalExpression(b));
  });
});
