import { z } from 'zod';
import { anyText, duration, named, reference, strict } from './common.ts';
import { schedule } from './schedule.ts';
import { fingerprint } from './sources.ts';

const restoreTest = strict({
  schedule: schedule.optional().describe('When the newest copies are restored and compared.'),
  pick: z
    .string()
    .regex(/^(latest|random [1-9]\d{0,4}[hdwmy])$/, {
      error: 'this is no choice of a backup; write latest, or random 30d for any of the last 30 days',
    })
    .default('latest')
    .describe('Which backup is tested: `latest`, or `random 30d` for any of the last 30 days.'),
  recent: strict({
    table: anyText.describe('Table, with its schema where that is not on the search path.'),
    column: anyText.describe('Column whose newest value tells how fresh the data is, e.g. created_at.'),
  })
    .optional()
    .describe('Where the newest row is found.'),
  smoke: z
    .array(anyText)
    .min(1, { error: 'this list is empty; write a query, or remove the key' })
    .optional()
    .describe('Queries that must answer true on the restored data.'),
});

export const plans = named(
  strict({
    source: reference.describe('What is backed up, one of `sources`.'),
    schedule,
    key: reference.describe('How it is encrypted, one of `keys`.'),
    copies: z
      .array(reference)
      .min(1, { error: 'this plan keeps no copy; name at least one repository, better two at two sites' })
      .describe(
        'Where the copies go, of `repositories`; restores try the first one first. At least one is always online.',
      ),
    retention: reference.optional().describe('How long backups are kept, one of `retention`.'),
    fingerprint: fingerprint.optional().describe("Instead of the source's own setting."),
    stall: duration(1, 86_400)
      .prefault('2m')
      .describe(
        'A copy that takes no byte for so long is dropped from the run and caught up later. Default 2m.',
      ),
    restoreTest: restoreTest.optional().describe('How it is proven that the backups restore.'),
  }),
).describe('What is done with a source, by name.');
