import { z } from 'zod';
import { line, named, reference, strict } from './common.ts';
import { secret } from './secret.ts';

const hostForm = 'this is no host; write a name or an address, and the port under `port`';

const host = line.regex(/^[A-Za-z0-9._:-]+$/, { error: hostForm });

const domainForm = 'this is no domain name; write one like shop.example.org';

/** A name in DNS, in small letters and without the dot at its end. */
export const domainName = z
  .string()
  .max(254, { error: 'this is too long for a name in DNS; at most 253 letters' })
  .regex(/^(?!-)(\*\.)?([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}\.?$/, {
    error: domainForm,
  })
  .transform((name) => name.toLowerCase().replace(/\.$/, ''));

const algorithms = ['hmac-sha256', 'hmac-sha384', 'hmac-sha512', 'hmac-sha224'] as const;

export const nameServers = named(
  strict({
    zone: reference.describe('The zone whose worker sends the updates.'),
    host: host.describe('Host name or address of the name server that takes updates.'),
    port: z.int().min(1).max(65_535).default(53).describe('Default 53.'),
    domain: domainName.describe('The domain that it answers for, such as example.org.'),
    tsig: strict({
      key: line
        .regex(/^[A-Za-z0-9._-]+$/, { error: 'this is no name of a key; write it as the name server has it' })
        .describe('Name of the key, as the name server has it.'),
      algorithm: z.enum(algorithms).default('hmac-sha256').describe('Default hmac-sha256.'),
      secret: secret.describe('Where the worker finds the key itself, in base64.'),
    })
      .optional()
      .describe('The key that signs the updates. Default: they are not signed.'),
    resolvers: z
      .array(
        line.regex(/^([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):\d{1,5}$/, {
          error: 'this is no resolver; write host and port, like 192.0.2.53:53',
        }),
      )
      .default([])
      .describe(
        'Resolvers that must give the new answer before a step passes, as host:port. Default: the name server alone.',
      ),
  }),
).describe('Name servers that take dynamic updates (RFC 2136), by name.');
