import { z } from 'zod';
import { anyText, duration, named, reference, strict } from './common.ts';
import { jobs, sqlList } from './restore-test.ts';
import { schedule } from './schedule.ts';
import { secret } from './secret.ts';
import { identifier, noUrl, server } from './server.ts';

export const scratchServers = named(
  strict(
    {
      zone: reference.describe('The zone whose workers reach it.'),
      ...server,
      user: identifier.describe('Role with CREATEDB, which makes the scratch databases and drops them.'),
      password: secret
        .optional()
        .describe('Where the worker finds its password; absent when none is needed.'),
    },
    noUrl,
  ),
).describe('PostgreSQL servers for scratch and development databases, by name; never a live one.');

const maskForm =
  'this does not say what is masked; write a list of SQL, or none where the data may be read as it is';

const mask = z
  .union([z.string().regex(/^none$/, { error: maskForm }), z.array(anyText).min(1, { error: maskForm })], {
    error: maskForm,
  })
  .transform((written) => (typeof written === 'string' ? [] : written));

export const refreshes = named(
  strict({
    plan: reference.describe('The plan of whose backups one is taken, one of `plans`.'),
    provenWithin: duration(0)
      .prefault('7d')
      .describe(
        'The newest backup that a restore test has proven is taken while it is no older than this; else the newest verified one. Default 7d.',
      ),
    server: reference.describe('Where the database is made, one of `scratchServers`.'),
    database: identifier.describe('Name of the database that is made anew; the former one goes at the end.'),
    owner: identifier.describe('Role that owns it, and that may connect once it is masked.'),
    trim: sqlList
      .optional()
      .describe('SQL that removes what is not needed, run first, e.g. all but the last 500 events.'),
    mask: mask.describe(
      'SQL that masks what nobody may read there, run before anybody can connect; or `none`.',
    ),
    verify: sqlList
      .optional()
      .describe('Queries that must answer true before anybody is let in: that nothing unmasked is left.'),
    schedule: schedule.optional().describe('When it is made anew. Default: on demand alone.'),
    // biome-ignore lint/suspicious/noThenProperty: the name of a plan, never a function, so nobody takes it for a promise
    then: reference
      .optional()
      .describe('The plan that backs this database up, run afterwards. Default: none.'),
    jobs: jobs.describe(
      'Jobs of pg_restore, 1 to 64. More than 1 need scratch space for the dump. Default 1.',
    ),
  }),
).describe('Development databases made from verified backups, trimmed and masked, by name.');
