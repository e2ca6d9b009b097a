import { z } from 'zod';
import { duration, named, reference, strict } from './common.ts';
import { restoreTest } from './restore-test.ts';
import { schedule } from './schedule.ts';
import { fingerprint } from './sources.ts';
import { pingBy } from './url.ts';

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
    ping: pingBy('the worker of the source')
      .optional()
      .describe(
        'A watcher outside, told of the start and the end of each run; it alerts when nothing comes.',
      ),
  }),
).describe('What is done with a source, by name.');
