import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import { HoldfastError } from '../policy/errors.ts';

/** Temporal takes 2 MB for one answer, and for all arguments of an activity together. */
const limit = 1_500_000;

/**
 * Plain data, deflated: facts of 1,000 plans are much alike.
 *
 * @throws HoldfastError `bad-usage` when it is too much for one message of Temporal
 */
export function pack(data: object): string {
  const packed = deflateRawSync(JSON.stringify(data)).toString('base64');
  if (packed.length <= limit) return packed;
  throw new HoldfastError('bad-usage', 'One zone has more plans than a check can tell of at once.', {
    hint: 'Split the policy, or the zone.',
  });
}

/** What `pack` packed, checked against its form. @throws HoldfastError `bad-usage` when it is of another version */
export function unpack<T>(packed: string, form: z.ZodType<T>): T {
  const found = form.safeParse(JSON.parse(inflateRawSync(Buffer.from(packed, 'base64')).toString()));
  if (found.success) return found.data;
  throw new HoldfastError(
    'bad-usage',
    `What another worker told can't be understood: ${z.prettifyError(found.error)}`,
    {
      hint: 'Run the same version of Holdfast in all zones.',
    },
  );
}
