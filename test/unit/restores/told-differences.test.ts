import { describe, expect, it } from '@jest/globals';
import { toldDifferences } from '../../../activities/told-differences.ts';

const differs = (what: string) => ({ what, expected: '1 row', actual: '2 rows' });

describe('what a restore tells of what differs', () => {
  it('is everything where that is little', () => {
    expect(toldDifferences([])).toEqual({ differences: [] });
    const few = [differs('table a'), differs('table b')];
    expect(toldDifferences(few)).toEqual({ differences: few });
  });

  it('is its beginning and how much there is more, where a message could not carry it', () => {
    const all = Array.from({ length: 60_000 }, (_, index) => differs(`table t${index}`));
    const { differences, more } = toldDifferences(all);
    expect(differences).toEqual(all.slice(0, 200));
    expect(more).toBe(59_800);
  });

  it('cuts long definitions', () => {
    const view = 'x'.repeat(100_000);
    const { differences } = toldDifferences([{ what: 'view v', expected: view, actual: view }]);
    expect(JSON.stringify(differences).length).toBeLessThan(1200);
    expect(differences?.[0]?.expected).toMatch(/x…$/);
  });
});
