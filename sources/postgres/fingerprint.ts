import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { FingerprintDocument } from '../source.ts';

const counted = z.strictObject({ rows: z.int().nonnegative(), checksum: z.string().optional() });

export const sequenceSchema = z.strictObject({
  /** 64 bits, so text. */
  value: z.string().regex(/^-?\d+$/),
  called: z.boolean(),
  ascending: z.boolean(),
  cycles: z.boolean(),
});

/** What a PostgreSQL fingerprint holds; names are written as in SQL. */
export const fingerprintSchema = z.strictObject({
  format: z.literal('holdfast-postgres-fingerprint/1'),
  mode: z.enum(['counts', 'checksums']),
  /** `server_version_num`: 150018 is 15.18. */
  serverVersion: z.int(),
  encoding: z.string(),
  collation: z.strictObject({ provider: z.string(), name: z.string(), version: z.string().nullable() }),
  /** Kind and name of each object of the schema, with a hash of its definition. */
  schema: z.record(z.string(), z.string()),
  /** Owners and grants, by the same names. */
  access: z.record(z.string(), z.string()),
  tables: z.record(z.string(), counted),
  /** Compared without consequence: a restore refreshes them, and the originals may have been stale. */
  materializedViews: z.record(z.string(), counted),
  sequences: z.record(z.string(), sequenceSchema),
  largeObjects: z.strictObject({ count: z.int().nonnegative(), checksum: z.string().optional() }),
  extensions: z.record(z.string(), z.string()),
  /** The newest value of the column that tells how fresh the data is. */
  recent: z.strictObject({ table: z.string(), column: z.string(), value: z.string().nullable() }).nullable(),
  excluded: z.array(z.strictObject({ name: z.string(), why: z.string() })),
});

export type Fingerprint = z.infer<typeof fingerprintSchema>;
export type SequenceState = z.infer<typeof sequenceSchema>;

/** A fingerprint as the file that goes beside the backup, with the summary for its manifest. */
export function documentOf(fingerprint: Fingerprint): FingerprintDocument {
  const tables = Object.values(fingerprint.tables);
  return {
    summary: {
      mode: fingerprint.mode,
      schemaHash: createHash('sha256').update(canonicalJson(fingerprint.schema)).digest('hex'),
      tables: tables.length,
      rows: tables.reduce((sum, table) => sum + table.rows, 0),
      recent: fingerprint.recent?.value ?? null,
    },
    json: `${canonicalJson(fingerprint)}\n`,
  };
}

/** JSON whose objects have their keys in code-unit order: equal data gives equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
}
