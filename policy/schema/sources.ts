import { z } from 'zod';
import { absolutePath, anyText, duration, line, named, reference, strict, unknownKind } from './common.ts';
import { secret } from './secret.ts';

export const fingerprint = z.enum(['counts', 'checksums', 'off']);

const sslMode = z.enum(['disable', 'prefer', 'require', 'verify-ca', 'verify-full']);

const ssl = z
  .union(
    [
      sslMode,
      strict({
        mode: sslMode.describe("As libpq's sslmode."),
        rootCertificate: absolutePath.optional().describe('Certificates (PEM) to trust, on the worker.'),
      }),
    ],
    { error: 'this is no ssl setting; write verify-full or { mode: verify-full, rootCertificate: /path }' },
  )
  .describe('TLS to the server. Default verify-full; prefer for localhost and sockets.');

/** A database's own names may have any characters, but libpq would read a URL as a connection string. */
const identifier = anyText.refine((text) => !/^postgres(ql)?:\/\//.test(text), {
  error: 'this is a connection URL; write host, port, database, user and password one by one',
});

const postgres = strict(
  {
    kind: z.literal('postgres').describe('A PostgreSQL database.'),
    zone: reference.describe('The zone whose worker makes the backups: near the database.'),
    tier: reference.optional().describe('Recovery objectives of this source, one of `tiers`.'),
    host: line
      .refine((text) => !/[@?]|:\/\//.test(text), {
        error: 'this is no host; write only its name, and port, database, user and password one by one',
        abort: true,
      })
      .refine((text) => text.startsWith('/') || /^[A-Za-z0-9._:%-]+$/.test(text), {
        error: 'this is no host; write a name, an address or the absolute directory of a socket',
      })
      .describe('Host name, address, or directory of the unix socket.'),
    port: z.int().min(1).max(65_535).default(5432).describe('Default 5432.'),
    database: identifier.describe('Name of the database.'),
    user: identifier.describe('Role that reads it; docs say which rights it needs.'),
    password: secret.optional().describe('Where the worker finds the password; absent when none is needed.'),
    ssl: ssl.optional(),
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
  },
  { url: 'write host, port, database, user and password one by one' },
).describe('A PostgreSQL database, backed up by pg_dump.');

const kinds = ['postgres'];

export const sources = named(
  z.discriminatedUnion('kind', [postgres], {
    error: (issue) =>
      issue.code === 'invalid_union' ? unknownKind('source', kinds, issue.input) : undefined,
  }),
).describe('What is backed up, by name.');
