import { describe, expect, it } from '@jest/globals';
import { isRemade, remadeText } from '../../../sources/postgres/remade-mark.ts';
import { databaseName, markText, readMark } from '../../../sources/postgres/scratch-mark.ts';

const mark = { workflowId: 'restore-test/shop', until: '2026-11-21T12:00:00Z' };
const name = 'holdfast_0a1b2c3d_shop';

describe("a scratch database's mark", () => {
  it('is read from its comment', () => {
    expect(readMark(name, markText(mark))).toEqual(mark);
  });

  it.each([
    ['a live name', 'shop', markText(mark)],
    ['a name that only begins like ours', 'holdfast_shop', markText(mark)],
    ['a role of ours with more digits', 'holdfast_0a1b2c3d4_shop', markText(mark)],
    ['no comment', name, null],
    ['a comment of somebody', name, 'ours, do not touch'],
    ['another format', name, markText(mark).replace('/1', '/2')],
    ['a mark that is cut short', name, markText(mark).slice(0, -3)],
    ['no instant', name, markText({ ...mark, until: 'soon' })],
    ["a refresh's mark", name, remadeText({ refresh: 'dev', backup: 'b', at: mark.until })],
  ])('is not read with %s', (_, database, comment) => {
    expect(readMark(database, comment)).toBeNull();
  });
});

describe("a refresh's mark", () => {
  it('is its own', () => {
    expect(isRemade(remadeText({ refresh: 'dev', backup: 'b', at: mark.until }))).toBe(true);
    for (const comment of [null, '', 'holdfast-refresh', markText(mark)])
      expect(isRemade(comment)).toBe(false);
  });
});

describe('the name of a database', () => {
  it.each([
    ['shop', '_before_20261121_120000', 'shop_before_20261121_120000'],
    ['x'.repeat(70), '', 'x'.repeat(63)],
    ['x'.repeat(70), '_before', `${'x'.repeat(56)}_before`],
    ['ü'.repeat(40), '_b', `${'ü'.repeat(30)}_b`],
    [`${'x'.repeat(61)}😀`, '', 'x'.repeat(61)],
  ])('%s with the ending %j is no longer than PostgreSQL keeps', (start, ending, expected) => {
    const made = databaseName(start, ending);
    expect(made).toBe(expected);
    expect(Buffer.byteLength(made)).toBeLessThanOrEqual(63);
  });
});
