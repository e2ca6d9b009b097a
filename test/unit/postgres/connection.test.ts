import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { databaseArgument, passFileLine } from '../../../sources/postgres/connection.ts';

/** libpq's own way of reading: a backslash makes the next character plain. */
const readBack = (text: string): string => text.replace(/\\([\s\S])/g, '$1');

describe('what PostgreSQL tools are given', () => {
  it('writes any password so that libpq reads it back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (password) => {
        fc.pre(!/[\r\n\0]/.test(password));
        const line = passFileLine(password);
        expect(line.startsWith('*:*:*:*:')).toBe(true);
        expect(readBack(line.slice(8, -1))).toBe(password);
        expect(/(^|[^\\])(\\\\)*:/.test(line.slice(8, -1))).toBe(false);
      }),
    );
  });

  it('refuses a password that the file could not hold, without printing it', () => {
    expect(() => passFileLine('top\nsecret')).toThrow(/line break/);
    expect(() => passFileLine('top\nsecret')).not.toThrow(/secret/);
  });

  it.each([
    ['shop', "dbname='shop'"],
    ["it's", "dbname='it\\'s'"],
    ['a=b host=evil', "dbname='a=b host=evil'"],
    ['postgresql://evil/x', "dbname='postgresql://evil/x'"],
    ['back\\slash', "dbname='back\\\\slash'"],
  ])('names the database %s and nothing else', (name, argument) => {
    expect(databaseArgument(name)).toBe(argument);
  });
});
