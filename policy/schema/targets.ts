import { z } from 'zod';
import { command } from './command.ts';
import { absolutePath, named, reference, strict, unknownKind } from './common.ts';
import { secret } from './secret.ts';
import { identifier, noUrl, server } from './server.ts';

const cutOff = strict({
  zone: reference.describe('The zone whose worker cuts it off: another one than its own.'),
  command: command('5m').describe(
    'Keeps everybody from writing to it, from outside: a firewall rule, a port switched off, power taken away.',
  ),
  undo: command('5m').optional().describe('Lets everybody reach it again. Default: nothing does.'),
});

const postgres = strict(
  {
    kind: z.literal('postgres').describe('A PostgreSQL server.'),
    zone: reference.describe('Where it stands; it is lost with this zone.'),
    ...server,
    database: identifier.default('postgres').describe('The database that is connected to. Default postgres.'),
    user: identifier.describe('Role that promotes it and asks it; docs say which rights it needs.'),
    password: secret.optional().describe('Where the worker finds the password; absent when none is needed.'),
    directory: absolutePath
      .optional()
      .describe("Its data directory, on its zone's worker: where it is rebuilt as a standby."),
    replication: strict({
      user: identifier.describe('Role with REPLICATION.'),
      password: secret.optional().describe('Where the worker of the standby finds its password.'),
    })
      .optional()
      .describe('As whom a standby copies from it. Default: as `user`.'),
    stop: command('5m')
      .optional()
      .describe("Stops it for good, also across a restart of its host, on its zone's worker."),
    start: command('5m').optional().describe("Starts it, on its zone's worker."),
    cutOff: cutOff
      .optional()
      .describe('Cuts it off from whoever writes to it, when its zone does not answer.'),
  },
  noUrl,
).describe('A PostgreSQL server that a runbook fences, promotes, rebuilds or asks.');

const kinds = ['postgres'];

export const targets = named(
  z.discriminatedUnion('kind', [postgres], {
    error: (issue) =>
      issue.code === 'invalid_union' ? unknownKind('target', kinds, issue.input) : undefined,
  }),
).describe('What runbooks fail over, by name.');
