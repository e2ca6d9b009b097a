import { z } from 'zod';
import { absolutePath, anyText, line, strict } from './common.ts';

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
export const identifier = anyText.refine((text) => !/^postgres(ql)?:\/\//.test(text), {
  error: 'this is a connection URL; write host, port, database, user and password one by one',
});

/** The hint for a connection written as one URL. */
export const noUrl = { url: 'write host, port, database, user and password one by one' };

/** How a PostgreSQL server is reached; as whom differs by use. */
export const server = {
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
  ssl: ssl.optional(),
};
