import { z } from 'zod';
import type { TestChoice } from '../resolved-proof.ts';
import { parseSpan } from '../units.ts';
import { command } from './command.ts';
import { anyText, reference, strict } from './common.ts';
import { schedule } from './schedule.ts';

/** Queries of the team's own, several lines if they like. */
export const sqlList = z
  .array(anyText)
  .min(1, { error: 'this list is empty; write a query, or remove the key' });

/** Jobs of pg_restore; more than one want the dump in a file. */
export const jobs = z.int().min(1).max(64).default(1);

const pickForm =
  'this is no choice of a backup; write latest, random 30d for any of the last 30 days, or untested for the one proven longest ago';

const pick = z
  .string()
  .regex(/^(latest|untested|random [1-9]\d{0,4}[hdwmy])$/, { error: pickForm })
  .transform((text, context): TestChoice => {
    if (text === 'latest' || text === 'untested') return { kind: text };
    const within = parseSpan(text.slice('random '.length));
    if (within !== null) return { kind: 'random', within };
    context.addIssue(pickForm);
    return z.NEVER;
  });

export const restoreTest = strict({
  schedule: schedule.optional().describe('When a backup is restored and compared. Default: on demand alone.'),
  pick: pick
    .prefault('latest')
    .describe(
      'Which backup is tested: `latest`, `random 30d` for any of the last 30 days, or `untested` for the one proven longest ago. Default latest.',
    ),
  zone: reference
    .optional()
    .describe(
      "Whose worker restores; it opens the plan's key. Default: the zone of `server`, else one that opens the key, rather not the source's, near a copy.",
    ),
  from: z
    .array(reference)
    .min(1, { error: "this list is empty; name some of the plan's copies, or remove the key" })
    .optional()
    .describe(
      "Of the plan's copies, those that are proven, in turn. Default: all that the zone's worker can read.",
    ),
  recent: strict({
    table: anyText.describe('Table, with its schema where that is not on the search path.'),
    column: anyText.describe('Column whose newest value tells how fresh the data is, e.g. created_at.'),
  })
    .optional()
    .describe('Where the newest row is found.'),
  smoke: sqlList.optional().describe('Queries that must answer true on the restored data.'),
  command: command('5m')
    .optional()
    .describe(
      "Your own check of the restored data, such as the application's: PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE lead to it.",
    ),
  server: reference
    .optional()
    .describe('Where it is restored, one of `scratchServers`. Default: a private server made for it.'),
  thaw: z
    .boolean()
    .default(false)
    .describe(
      'Whether copies in an archive class such as GLACIER are asked back for a test, which costs money and takes hours; else they are left out, and never proven. Default false.',
    ),
  jobs: jobs.describe('Jobs of pg_restore, 1 to 64. More than 1 need scratch space for the dump. Default 1.'),
});
