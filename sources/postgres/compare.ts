import type { Difference } from '../source.ts';
import type { Fingerprint, SequenceState } from './fingerprint.ts';

export type Comparison = {
  /** Ways in which the restored data is not what was backed up. Empty means equal. */
  differences: Difference[];
  /** What a person should know although the data is equal. */
  warnings: string[];
};

/**
 * Compares a restored database with the fingerprint of its backup: every table's rows (and checksum), every object
 * of the schema, large objects, sequences, extensions, the newest value.
 *
 * Decisions: definitions are compared between equal major versions only, because servers of different versions print
 * them differently; by name otherwise. Owners and grants count when roles were restored. A sequence may be ahead
 * (the dump reads it later than the fingerprint), never behind. Materialized views are refreshed by the restore, and
 * only a warning. Versions of extensions and collations depend on the host: warnings.
 */
export function compareFingerprints(
  expected: Fingerprint,
  actual: Fingerprint,
  options: { access: boolean },
): Comparison {
  return {
    differences: Object.values(differencesOf(expected, actual, options)).flat(),
    warnings: warningsOf(expected, actual, majorOf(expected) === majorOf(actual)),
  };
}

/** The ways in which two fingerprints differ, by what was compared. */
export type Differences = Record<'rows' | 'checksums' | 'schema' | 'sequences', Difference[]>;

/** As `compareFingerprints`, apart for each kind of check. */
export function differencesOf(
  expected: Fingerprint,
  actual: Fingerprint,
  options: { access: boolean },
): Differences {
  const sameMajor = majorOf(expected) === majorOf(actual);
  const objects = [expected.largeObjects, actual.largeObjects] as const;
  return {
    rows: [
      ...compareTables(expected, actual, compareRows),
      ...compareOne('large objects', String(objects[0].count), String(objects[1].count)),
      ...compareOne(
        `newest value of ${expected.recent?.table}.${expected.recent?.column}`,
        expected.recent?.value ?? 'none',
        expected.recent === null ? 'none' : (actual.recent?.value ?? 'none'),
      ),
    ],
    checksums: [
      ...compareTables(expected, actual, compareChecksums),
      ...compareOne(
        'contents of large objects',
        objects[0].checksum,
        objects[0].checksum && (objects[1].checksum ?? 'none'),
      ),
    ],
    schema: [
      ...compareNames(expected.schema, actual.schema, sameMajor),
      ...(options.access && sameMajor ? compareNames(expected.access, actual.access, true) : []),
      ...compareOne('encoding', expected.encoding, actual.encoding),
    ],
    sequences: compareSequences(expected.sequences, actual.sequences),
  };
}

function majorOf(fingerprint: Fingerprint): number {
  return Math.floor(fingerprint.serverVersion / 10_000);
}

const rowsOf = (count: number): string => `${count} ${count === 1 ? 'row' : 'rows'}`;

type Table = Fingerprint['tables'][string];

function compareTables(
  expected: Fingerprint,
  actual: Fingerprint,
  compare: (what: string, before: Table | undefined, after: Table | undefined) => Difference[],
): Difference[] {
  return union(expected.tables, actual.tables).flatMap((name) =>
    compare(`table ${name}`, expected.tables[name], actual.tables[name]),
  );
}

function compareRows(what: string, before: Table | undefined, after: Table | undefined): Difference[] {
  const shown = (table: Table | undefined) => (table === undefined ? 'no table' : rowsOf(table.rows));
  return compareOne(what, shown(before), shown(after));
}

/** Of tables with the rows that they had. */
function compareChecksums(what: string, before: Table | undefined, after: Table | undefined): Difference[] {
  if (before?.checksum === undefined || before.rows !== after?.rows) return [];
  if (before.checksum === after.checksum) return [];
  const shown = (checksum = 'none') => `${rowsOf(before.rows)} with checksum ${checksum}`;
  return [{ what, expected: shown(before.checksum), actual: shown(after.checksum) }];
}

/** Tables are left to `compareTables` when they are missing: one fault, one line. */
function compareNames(
  expected: Record<string, string>,
  actual: Record<string, string>,
  definitions: boolean,
): Difference[] {
  return union(expected, actual).flatMap((what) => {
    const [before, after] = [expected[what], actual[what]];
    if (before !== undefined && after !== undefined)
      return definitions ? compareOne(what, `definition ${before}`, `definition ${after}`) : [];
    return [
      before === undefined
        ? { what, expected: 'missing', actual: 'present' }
        : { what, expected: 'present', actual: 'missing' },
    ];
  });
}

function compareSequences(
  expected: Record<string, SequenceState>,
  actual: Record<string, SequenceState>,
): Difference[] {
  return Object.keys(expected)
    .sort()
    .flatMap((name) => {
      const [before, after] = [expected[name], actual[name]];
      if (before === undefined || (after !== undefined && !isBehind(before, after))) return [];
      const shown = (state: SequenceState) => `${state.value}${state.called ? '' : ' (not yet used)'}`;
      return [
        {
          what: `sequence ${name}`,
          expected: `${shown(before)} or beyond`,
          actual: after === undefined ? 'missing' : shown(after),
        },
      ];
    });
}

function isBehind(before: SequenceState, after: SequenceState): boolean {
  if (before.cycles) return false;
  const [from, to] = [BigInt(before.value), BigInt(after.value)];
  if (from === to) return before.called && !after.called;
  return before.ascending ? to < from : to > from;
}

function compareOne(what: string, expected: string | undefined, actual: string | undefined): Difference[] {
  if (expected === undefined || actual === undefined || expected === actual) return [];
  return [{ what, expected, actual }];
}

function warningsOf(expected: Fingerprint, actual: Fingerprint, sameMajor: boolean): string[] {
  const [from, to] = [expected.collation, actual.collation];
  const warnings: string[] = [];
  if (!sameMajor)
    warnings.push(
      `The backup is of PostgreSQL ${majorOf(expected)} and was restored into ${majorOf(actual)}: definitions were compared by name only.`,
    );
  if (from.provider !== to.provider || from.name !== to.name)
    warnings.push(`The collation was ${from.name} and is ${to.name} here: sorting may differ.`);
  else if (from.version !== null && to.version !== null && from.version !== to.version)
    warnings.push(
      `The collation ${from.name} is version ${from.version} at the source and ${to.version} here: never move data files between these hosts without a REINDEX.`,
    );
  for (const [name, version] of Object.entries(expected.extensions)) {
    const here = actual.extensions[name];
    if (here !== undefined && here !== version)
      warnings.push(`The extension ${name} is ${version} at the source and ${here} here.`);
  }
  for (const [name, before] of Object.entries(expected.materializedViews)) {
    const after = actual.materializedViews[name];
    if (after !== undefined && after.rows !== before.rows)
      warnings.push(
        `The materialized view ${name} had ${rowsOf(before.rows)}, and ${after.rows} after the restore refreshed it.`,
      );
  }
  return warnings;
}

function union(a: Record<string, unknown>, b: Record<string, unknown>): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
}
