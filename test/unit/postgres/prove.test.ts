import { describe, expect, it } from '@jest/globals';
import type { Fingerprint } from '../../../sources/postgres/fingerprint.ts';
import { compared, freshnessOf } from '../../../sources/postgres/prove.ts';

const base: Fingerprint = {
  format: 'holdfast-postgres-fingerprint/1',
  mode: 'checksums',
  serverVersion: 150_018,
  encoding: 'UTF8',
  collation: { provider: 'c', name: 'C.UTF-8', version: null },
  schema: { 'table public.a': 'aa', 'index public.i': 'ii' },
  access: {},
  tables: { 'public.a': { rows: 3, checksum: '1:2' }, 'public.b': { rows: 1, checksum: '5:6' } },
  materializedViews: {},
  sequences: { 'public.s': { value: '10', called: true, ascending: true, cycles: false } },
  largeObjects: { count: 0 },
  extensions: {},
  recent: null,
  excluded: [],
};

const checksOf = (changes: Partial<Fingerprint>, expected = base) =>
  compared({ expected, actual: { ...base, ...changes } }, true).checks;

describe('the checks of a comparison', () => {
  it('all pass where nothing differs, and say how much was compared', () => {
    expect(checksOf({}).map(({ check, outcome }) => `${check} ${outcome}`)).toEqual([
      'schema passed',
      'rows passed',
      'checksums passed',
      'sequences passed',
    ]);
    expect(checksOf({})[1]?.sentence).toBe('Every table has the rows that it had: 4 rows in 2 tables.');
  });

  it.each<[string, Partial<Fingerprint>, string]>([
    [
      'rows',
      { tables: { ...base.tables, 'public.a': { rows: 2, checksum: '9:9' } } },
      'table public.a: backed up 3 rows, restored 2 rows.',
    ],
    [
      'checksums',
      { tables: { ...base.tables, 'public.b': { rows: 1, checksum: '5:7' } } },
      'table public.b: backed up 1 row with checksum 5:6, restored 1 row with checksum 5:7.',
    ],
    [
      'schema',
      { schema: { 'table public.a': 'aa' } },
      'index public.i: backed up present, restored missing.',
    ],
    [
      'sequences',
      { sequences: { 'public.s': { value: '9', called: true, ascending: true, cycles: false } } },
      'sequence public.s: backed up 10 or beyond, restored 9.',
    ],
  ])('fail in %s alone where that differs, with both numbers', (check, changes, sentence) => {
    expect(checksOf(changes).filter(({ outcome }) => outcome !== 'passed')).toEqual([
      { check, outcome: 'failed', sentence },
    ]);
  });

  it('leave checksums out where none were taken', () => {
    const counts: Fingerprint = { ...base, mode: 'counts' };
    expect(checksOf({}, counts).map(({ check }) => check)).not.toContain('checksums');
  });

  it('name ten differences, and count the rest', () => {
    const tables = Object.fromEntries(
      Array.from({ length: 13 }, (_, index) => [`public.t${index}`, { rows: 1 }]),
    );
    const [failed] = checksOf({ tables: {} }, { ...base, tables }).filter(({ check }) => check === 'rows');
    expect(failed?.sentence).toMatch(/; and 3 more\.$/);
  });
});

describe('freshness', () => {
  const wanted = {
    table: 'orders',
    column: 'at',
    timezone: 'Europe/Amsterdam',
    dataTime: '2026-11-21T12:00:00.000Z',
    within: 3600,
  };
  const outcome = (value: string | null, changes: Partial<typeof wanted> = {}) =>
    freshnessOf(value, { ...wanted, ...changes }).outcome;

  it('is measured from the instant that the data shows', () => {
    expect(outcome('2026-11-21T11:30:00+00:00')).toBe('passed');
    expect(outcome('2026-11-21T11:00:00+00:00')).toBe('passed');
    expect(outcome('2026-11-21T10:59:59+00:00')).toBe('failed');
    expect(freshnessOf('2026-11-21T10:00:00+00:00', wanted).sentence).toBe(
      "The newest row of orders is of 2026-11-21T10:00:00.000Z, 2h before the data's 2026-11-21T12:00:00.000Z: more than the RPO of 1h.",
    );
  });

  it('takes a time without a zone as the policy’s, in summer as in winter (law 12)', () => {
    expect(outcome('2026-11-21T12:30:00')).toBe('passed');
    expect(outcome('2026-11-21T11:30:00')).toBe('failed');
    expect(outcome('2026-07-21T13:30:00', { dataTime: '2026-07-21T12:00:00.000Z' })).toBe('passed');
    expect(outcome('2026-07-21T12:30:00', { dataTime: '2026-07-21T12:00:00.000Z' })).toBe('failed');
    expect(outcome('2026-11-21', { within: 14 * 3600 })).toBe('passed');
  });

  it('is not known of a counter, and is none where there is no row', () => {
    expect(outcome('20261121')).toBe('not-checked');
    expect(outcome('4711')).toBe('not-checked');
    expect(outcome(null)).toBe('failed');
  });

  it('is told, and no pass, where no tier says how fresh it has to be', () => {
    const { outcome: told, sentence } = freshnessOf('2026-11-21T11:30:00Z', { ...wanted, within: null });
    expect([told, sentence]).toEqual(['not-checked', expect.stringContaining('30m before')]);
  });
});
