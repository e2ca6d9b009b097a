import { z } from 'zod';
import { duration, named, reference, strict, unknownKind } from './common.ts';
import { secret } from './secret.ts';
import { identifier, noUrl, server } from './server.ts';
import { switchRule } from './switch.ts';

export const fingerprint = z.enum(['counts', 'checksums', 'off']);

const postgres = strict(
  {
    kind: z.literal('postgres').describe('A PostgreSQL database.'),
    zone: reference.describe('The zone whose worker makes the backups: near the database.'),
    tier: reference.optional().describe('Recovery objectives of this source, one of `tiers`.'),
    ...server,
    database: identifier.describe('Name of the database.'),
    user: identifier.describe('Role that reads it; docs say which rights it needs.'),
    password: secret.optional().describe('Where the worker finds the password; absent when none is needed.'),
    parallel: z
      .int()
      .min(1)
      .max(64)
      .default(1)
      .describe('Jobs of pg_dump, 1 to 64. More than 1 needs scratch space for the dump. Default 1.'),
    globals: z
      .enum(['without-passwords', 'with-passwords', 'off'])
      .default('without-passwords')
      .describe('Whether roles and tablespaces are backed up too, and with their password hashes.'),
    fingerprint: fingerprint
      .default('counts')
      .describe('What restores are compared with: exact row counts, also content checksums, or nothing.'),
    lockTimeout: duration(1, 86_400)
      .prefault('1m')
      .describe(
        'How long pg_dump waits for a table lock, so that it never holds up others for long. Default 1m.',
      ),
    switch: switchRule
      .optional()
      .describe("How a restored database takes the live one's place. Default: it can't."),
  },
  noUrl,
).describe('A PostgreSQL database, backed up by pg_dump.');

const kinds = ['postgres'];

export const sources = named(
  z.discriminatedUnion('kind', [postgres], {
    error: (issue) =>
      issue.code === 'invalid_union' ? unknownKind('source', kinds, issue.input) : undefined,
  }),
).describe('What is backed up, by name.');
