import { z } from 'zod';

/** A file of a backup other than the manifest itself. */
const fileSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/),
  role: z.enum(['data', 'globals', 'fingerprint']),
  /** What made the bytes, in order; undone from the last to the first. */
  stages: z.array(
    z.enum([
      'pg_dump-custom',
      'pg_dump-directory',
      'tar',
      'pg_dumpall',
      'json',
      'zstd',
      'gpg',
      'gpg-symmetric',
    ]),
  ),
  /** Bytes before compression and encryption, where the tools told. */
  rawBytes: z.int().nonnegative().nullable(),
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const instant = z.iso.datetime();

/**
 * The signed record that makes a copy count (law 1). Identical in every repository of a backup, and made from facts
 * only, never from the clock at commit: two attempts at one commit write the same bytes.
 */
export const manifestSchema = z.strictObject({
  format: z.literal('holdfast-manifest/1'),
  organization: z.string(),
  plan: z.string(),
  source: z.string(),
  kind: z.enum(['postgres']),
  backupId: z.string().regex(/^\d{8}T\d{6}Z-[0-9a-f]{8}$/),
  workflowId: z.string(),
  runId: z.string(),
  policyHash: z.string(),
  startedAt: instant,
  endedAt: instant,
  /** The instant that the data shows: RPO is measured from here. */
  dataTime: instant,
  /** Name of the key, never the key. */
  key: z.string(),
  server: z.string(),
  tools: z.record(z.string(), z.string()),
  /** What a scratch place must be like, as the source's driver told it; encoding and locale of a database. */
  origin: z.record(z.string(), z.string()).optional(),
  files: z.array(fileSchema).min(1),
  fingerprint: z
    .strictObject({
      mode: z.enum(['counts', 'checksums']),
      /** SHA-256 of the schema's canonical description. */
      schemaHash: z.string(),
      tables: z.int().nonnegative(),
      rows: z.int().nonnegative(),
      recent: z.string().nullable(),
    })
    .nullable(),
  /** Names of the repositories that the plan asked for. */
  copies: z.array(z.string()),
  dependsOn: z.string().nullable(),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestFile = z.infer<typeof fileSchema>;
