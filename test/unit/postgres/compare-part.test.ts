import { describe, expect, it } from '@jest/globals';
import { comparePart, type Restored } from '../../../sources/postgres/compare-part.ts';
import type { Fingerprint } from '../../../sources/postgres/fingerprint.ts';

const fingerprint = (changes: Partial<Fingerprint> = {}): Fingerprint => ({
  format: 'holdfast-postgres-fingerprint/1',
  mode: 'counts',
  serverVersion: 150_018,
  encoding: 'UTF8',
  collation: { provider: 'libc', name: 'C', version: null },
  schema: {
    'constraint lines_fk on public.lines': 'a',
    'constraint orders_pkey on public.orders': 'b',
    'materialized view public.summary': 'c',
  },
  access: {},
  tables: { 'public.orders': { rows: 5 }, 'public."Odd ""Items"""': { rows: 2 } },
  materializedViews: { 'public.summary': { rows: 1 } },
  sequences: { 'public.orders_id_seq': { value: '5', called: true, ascending: true, cycles: false } },
  largeObjects: { count: 3 },
  extensions: {},
  recent: { table: 'orders', column: 'at', value: '2026-11-21' },
  excluded: [],
  ...changes,
});

const orders: Restored = {
  tables: [{ schema: 'public', name: 'orders' }],
  foreignKeys: 1,
  materializedViews: 1,
};

/** What is there after the rows of `orders` alone were restored. */
const partly = (changes: Partial<Fingerprint> = {}) =>
  fingerprint({
    schema: {
      'constraint orders_pkey on public.orders': 'b',
      'materialized view public.summary': 'unfilled',
    },
    tables: { 'public.orders': { rows: 5 }, 'public."Odd ""Items"""': { rows: 0 } },
    materializedViews: {},
    largeObjects: { count: 0 },
    recent: null,
    ...changes,
  });

const differences = (restored: Restored, actual: Fingerprint) =>
  comparePart(fingerprint(), actual, { restored, access: false }).differences.map(({ what }) => what);

describe('what was restored in part', () => {
  it('is compared as far as it was restored, and counted so', () => {
    expect(comparePart(fingerprint(), partly(), { restored: orders, access: false })).toEqual({
      ...{ differences: [], warnings: [], tables: 1, rows: 5 },
    });
  });

  it('is compared as a whole when it is one', () => {
    expect(differences('all', fingerprint())).toEqual([]);
    expect(differences('all', partly())).toContain('table public."Odd ""Items"""');
    expect(comparePart(fingerprint(), fingerprint(), { restored: 'all', access: false })).not.toHaveProperty(
      'rows',
    );
  });

  it('differs where a row of its tables is missing', () => {
    const lost = { 'public.orders': { rows: 4 }, 'public."Odd ""Items"""': { rows: 0 } };
    expect(differences(orders, partly({ tables: lost }))).toEqual(['table public.orders']);
  });

  it('knows a table by the quotes that SQL wants', () => {
    const odd = { ...orders, tables: [{ schema: 'public', name: 'Odd "Items"' }] };
    expect(differences(odd, partly())).toEqual(['table public."Odd ""Items"""']);
  });

  it('differs where more constraints are missing than its foreign keys', () => {
    const schema = { 'materialized view public.summary': 'unfilled' };
    expect(differences(orders, partly({ schema }))).toEqual([
      'constraint lines_fk on public.lines',
      'constraint orders_pkey on public.orders',
    ]);
  });

  it('differs where a view is missing, and not where it is unfilled', () => {
    const schema = { 'constraint orders_pkey on public.orders': 'b' };
    expect(differences(orders, partly({ schema }))).toEqual(['materialized view public.summary']);
  });

  it('differs where a sequence is behind, unless no rows were wanted', () => {
    const sequences = {
      'public.orders_id_seq': { value: '1', called: false, ascending: true, cycles: false },
    };
    expect(differences(orders, partly({ sequences }))).toEqual(['sequence public.orders_id_seq']);
    const none = { tables: [], foreignKeys: 0, materializedViews: 1 };
    const { schema } = fingerprint();
    expect(differences(none, partly({ sequences, schema }))).toEqual([]);
  });
});
