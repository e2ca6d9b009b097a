import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareFingerprints } from '../../../sources/postgres/compare.ts';
import {
  canonicalJson,
  documentOf,
  type Fingerprint,
  fingerprintSchema,
} from '../../../sources/postgres/fingerprint.ts';

const base: Fingerprint = {
  format: 'holdfast-postgres-fingerprint/1',
  mode: 'checksums',
  serverVersion: 150_018,
  encoding: 'UTF8',
  collation: { provider: 'c', name: 'C.UTF-8', version: null },
  schema: { 'table public.a': 'aa', 'index public.i': 'ii' },
  access: { 'access to public.a': 'own' },
  tables: { 'public.a': { rows: 3, checksum: '1:2' }, 'public.b': { rows: 1, checksum: '5:6' } },
  materializedViews: { 'public.m': { rows: 4 } },
  sequences: {
    'public.up': { value: '10', called: true, ascending: true, cycles: false },
    'public.down': { value: '-10', called: true, ascending: false, cycles: false },
    'public.fresh': { value: '1', called: false, ascending: true, cycles: false },
    'public.round': { value: '9', called: true, ascending: true, cycles: true },
  },
  largeObjects: { count: 2, checksum: '7:8' },
  extensions: { plpgsql: '1.0' },
  recent: { table: 'a', column: 'at', value: '2026-11-21T00:00:00+00:00' },
  excluded: [],
};

const differences = (changes: Partial<Fingerprint>, access = true) =>
  compareFingerprints(base, { ...base, ...changes }, { access }).differences;

describe('compareFingerprints', () => {
  it('finds equal fingerprints equal', () => {
    expect(compareFingerprints(base, base, { access: true })).toEqual({ differences: [], warnings: [] });
  });

  it('names a table and both numbers', () => {
    const tables = { ...base.tables, 'public.a': { rows: 2, checksum: '1:1' } };
    expect(differences({ tables })).toEqual([
      { what: 'table public.a', expected: '3 rows', actual: '2 rows' },
    ]);
  });

  it('sees a changed row of an unchanged count', () => {
    const tables = { ...base.tables, 'public.b': { rows: 1, checksum: '5:7' } };
    expect(differences({ tables })).toEqual([
      { what: 'table public.b', expected: '1 row with checksum 5:6', actual: '1 row with checksum 5:7' },
    ]);
  });

  it('sees tables missing and tables too many', () => {
    expect(
      differences({
        tables: { 'public.a': base.tables['public.a'] ?? { rows: 0 }, 'public.c': { rows: 0 } },
      }),
    ).toEqual([
      { what: 'table public.b', expected: '1 row', actual: 'no table' },
      { what: 'table public.c', expected: 'no table', actual: '0 rows' },
    ]);
  });

  it.each([
    ['public.up', '9', true],
    ['public.up', '10', false],
    ['public.down', '-9', true],
  ])('sees the sequence %s behind at %s', (name, value, called) => {
    const before = base.sequences[name];
    if (before === undefined) throw new Error(name);
    const sequences = { ...base.sequences, [name]: { ...before, value, called } };
    expect(differences({ sequences })).toMatchObject([{ what: `sequence ${name}` }]);
  });

  it.each([
    ['public.up', '11', true],
    ['public.down', '-13', true],
    ['public.fresh', '1', true],
    ['public.round', '1', true],
  ])('lets the sequence %s be ahead at %s', (name, value, called) => {
    const before = base.sequences[name];
    if (before === undefined) throw new Error(name);
    expect(differences({ sequences: { ...base.sequences, [name]: { ...before, value, called } } })).toEqual(
      [],
    );
  });

  it('sees objects missing, added and changed', () => {
    expect(differences({ schema: { 'table public.a': 'changed', 'view public.v': 'vv' } })).toEqual([
      { what: 'index public.i', expected: 'present', actual: 'missing' },
      { what: 'table public.a', expected: 'definition aa', actual: 'definition changed' },
      { what: 'view public.v', expected: 'missing', actual: 'present' },
    ]);
  });

  it('compares rights only when roles were restored', () => {
    const access = { 'access to public.a': 'other' };
    expect(differences({ access }, true)).toHaveLength(1);
    expect(differences({ access }, false)).toEqual([]);
  });

  it('compares large objects, encoding and the newest value', () => {
    expect(differences({ largeObjects: { count: 1, checksum: '7:8' } })).toHaveLength(1);
    expect(differences({ largeObjects: { count: 2, checksum: '7:9' } })).toHaveLength(1);
    expect(differences({ largeObjects: { count: 2 } })).toHaveLength(1);
    expect(differences({ encoding: 'LATIN1' })).toHaveLength(1);
    expect(differences({ recent: { table: 'a', column: 'at', value: null } })).toHaveLength(1);
  });

  it('compares across major versions by name, and says so', () => {
    const newer = {
      ...base,
      serverVersion: 180_004,
      schema: { ...base.schema, 'index public.i': 'printed otherwise' },
    };
    const found = compareFingerprints(base, newer, { access: true });
    expect(found.differences).toEqual([]);
    expect(found.warnings).toHaveLength(1);
    expect(compareFingerprints(base, { ...newer, schema: {} }, { access: true }).differences).toHaveLength(2);
  });

  it('warns of what depends on the host', () => {
    const { differences: none, warnings } = compareFingerprints(
      base,
      {
        ...base,
        collation: { provider: 'c', name: 'C', version: null },
        extensions: { plpgsql: '2.0' },
        materializedViews: { 'public.m': { rows: 5 } },
      },
      { access: true },
    );
    expect(none).toEqual([]);
    expect(warnings).toHaveLength(3);
  });

  it('finds any change of any count, and only that', () => {
    const counts = fc.dictionary(fc.string({ minLength: 1 }), fc.nat());
    fc.assert(
      fc.property(counts, counts, (before, after) => {
        const tablesOf = (all: Record<string, number>) =>
          Object.fromEntries(Object.entries(all).map(([name, rows]) => [`public.${name}`, { rows }]));
        const found = compareFingerprints(
          { ...base, tables: tablesOf(before) },
          { ...base, tables: tablesOf(after) },
          { access: true },
        ).differences;
        const names = new Set([...Object.keys(before), ...Object.keys(after)]);
        const changed = [...names].filter(
          (name) =>
            Object.getOwnPropertyDescriptor(before, name)?.value !==
            Object.getOwnPropertyDescriptor(after, name)?.value,
        );
        expect(found).toHaveLength(changed.length);
      }),
    );
  });
});

describe('the fingerprint document', () => {
  it('reads back what it wrote, and sums up', () => {
    const { json, summary } = documentOf(base);
    expect(fingerprintSchema.parse(JSON.parse(json))).toEqual(base);
    expect(summary).toMatchObject({
      mode: 'checksums',
      tables: 2,
      rows: 4,
      recent: '2026-11-21T00:00:00+00:00',
    });
  });

  it('gives equal bytes for equal data in any order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
      }),
    );
  });
});
