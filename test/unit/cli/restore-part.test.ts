import { describe, expect, it } from '@jest/globals';
import { isAsAsked, partOf, refuseParts } from '../../../cli/restore-part.ts';
import type { RestoreResult } from '../../../workflows/contract-restore.ts';

describe('a part that is asked for', () => {
  it.each([
    [{ globals: true }, {}],
    [
      { globals: false, jobs: 4 },
      { globals: false, jobs: 4 },
    ],
    [{ table: ['a', 'b'], globals: true }, { scope: { tables: ['a', 'b'] } }],
    [{ schemaOnly: true }, { scope: { schemaOnly: true } }],
  ])('%j goes to the workflow', (options, input) => {
    expect(partOf(options)).toEqual(input);
  });

  it('is either rows of some tables or no rows', () => {
    expect(() => partOf({ table: ['a'], schemaOnly: true })).toThrow('not both');
  });

  it('takes the place of no live database', () => {
    expect(() => refuseParts({ globals: true })).not.toThrow();
    for (const options of [{ table: ['a'] }, { schemaOnly: true }, { globals: false }, { jobs: 2 }])
      expect(() => refuseParts(options)).toThrow('all of it');
  });
});

describe('a restore is as asked', () => {
  const result = (changes: Partial<RestoreResult>): RestoreResult => ({
    ...{ result: 'passed', backup: { source: 's', backupId: 'b' }, repository: 'local', signedBy: 'fra' },
    ...{ seconds: 1, bytes: 1, tables: 1, rows: 1, differences: [], warnings: [], exceptions: [] },
    ...changes,
  });
  const partly = {
    result: 'passed-with-exceptions',
    leftOut: ['No rows.'],
    exceptions: ['No rows.'],
  } as const;

  it.each<[string, boolean, Partial<RestoreResult>]>([
    ['when it passed', true, {}],
    [
      'when only that was left out which nobody wanted',
      true,
      { ...partly, leftOut: [...partly.leftOut], exceptions: [...partly.exceptions] },
    ],
    ['not when a copy could not be used', false, { result: 'passed-with-exceptions', exceptions: ['x'] }],
    ['not when both', false, { result: 'passed-with-exceptions', leftOut: ['a'], exceptions: ['x', 'a'] }],
    ['not when it differs', false, { result: 'failed', leftOut: ['a'], exceptions: ['a'] }],
  ])('%s', (_name, asAsked, changes) => {
    expect(isAsAsked(result(changes))).toBe(asAsked);
  });
});
