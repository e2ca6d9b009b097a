import { describe, expect, it } from '@jest/globals';
import { listItems, settingStatement } from '../../../sources/postgres/attributes.ts';

describe('a setting of a database', () => {
  it.each([
    ['"$user", public', ['$user', 'public']],
    ['"with ""quotes"" and, comma", b', ['with "quotes" and, comma', 'b']],
    ['plain', ['plain']],
    ['""', ['']],
    ['', ['']],
  ])('that is the list %s has the names %j', (value, names) => {
    expect(listItems(value)).toEqual(names);
  });

  it.each([
    [
      { role: null, name: 'search_path', value: '"$user", public' },
      `alter database "shop" set "search_path" to '$user', 'public'`,
    ],
    [
      { role: 'app', name: 'statement_timeout', value: '30s' },
      `alter role "app" in database "shop" set "statement_timeout" to '30s'`,
    ],
    [
      { role: null, name: 'DateStyle', value: 'ISO, DMY' },
      `alter database "shop" set "DateStyle" to 'ISO, DMY'`,
    ],
    [
      { role: null, name: 'my.extension', value: "it's" },
      `alter database "shop" set "my"."extension" to 'it''s'`,
    ],
  ])('%j is made again by one statement', (setting, statement) => {
    expect(settingStatement('"shop"', setting)).toBe(statement);
  });
});
