import type { Comparison } from '../source.ts';
import { compareFingerprints } from './compare.ts';
import type { Fingerprint } from './fingerprint.ts';
import { type Part, sqlName, type TableName } from './restore-part.ts';

/** What a restore brought back: everything, or the definitions and the rows of some tables or of none. */
export type Restored = 'all' | Omit<Part, 'list'>;

/**
 * Compares what was restored of a backup with what its fingerprint says of that, and of nothing else (law 11: what was
 * left out is told apart, and never counts as compared).
 */
export function comparePart(
  expected: Fingerprint,
  actual: Fingerprint,
  { restored, access }: { restored: Restored; access: boolean },
): Comparison {
  if (restored === 'all') return compareFingerprints(expected, actual, { access });
  const { tables: wanted, foreignKeys } = restored;
  const before = narrowed(expected, wanted);
  const { differences, warnings } = compareFingerprints(before, narrowed(actual, wanted), { access });
  const isLost = ({ what, actual: found }: Comparison['differences'][number]) =>
    found === 'missing' && what.startsWith('constraint ');
  // That a view is not filled is part of its definition.
  const isUnfilled = ({ what, actual: found }: Comparison['differences'][number]) =>
    found.startsWith('definition ') && what.startsWith('materialized view ');
  const found = differences.filter((each) => !isUnfilled(each));
  // Exactly the foreign keys are missing: with one more gone, none is told from the others.
  const lost = found.filter(isLost).length;
  return {
    differences: lost > foreignKeys ? found : found.filter((each) => !isLost(each)),
    warnings,
    ...countsOf(before),
  };
}

function countsOf({ tables }: Fingerprint): { tables: number; rows: number } {
  const all = Object.values(tables);
  return { tables: all.length, rows: all.reduce((sum, { rows }) => sum + rows, 0) };
}

function narrowed(fingerprint: Fingerprint, wanted: readonly TableName[]): Fingerprint {
  const kept = Object.entries(fingerprint.tables).filter(([key]) =>
    wanted.some((table) => isNamed(key, table)),
  );
  return {
    ...fingerprint,
    tables: Object.fromEntries(kept),
    materializedViews: {},
    largeObjects: { count: 0 },
    recent: null,
    sequences: wanted.length === 0 ? {} : fingerprint.sequences,
  };
}

/** Fingerprints have names as in SQL. */
function isNamed(key: string, { schema, name }: TableName): boolean {
  const read = sqlName(key);
  return read?.schema === schema && read.name === name;
}
