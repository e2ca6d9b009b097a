import { HoldfastError } from '../../policy/errors.ts';
import type { Comparison, WorkContext } from '../source.ts';
import { comparePart, type Restored } from './compare-part.ts';
import { connect, type Target } from './connection.ts';
import { type Fingerprint, fingerprintSchema } from './fingerprint.ts';
import { readSequences } from './sequences.ts';
import { takeFingerprint } from './take-fingerprint.ts';

/**
 * Compares what is in a database with the fingerprint of its backup.
 *
 * @param access whether owners and rights were restored
 * @param restored what of the backup is there
 */
export async function compareWith(
  target: Target,
  json: string,
  access: boolean,
  work: WorkContext,
  restored: Restored = 'all',
): Promise<Comparison> {
  const { expected, actual } = await fingerprintsOf(target, json, work);
  return comparePart(expected, actual, { restored, access });
}

/** The fingerprint of a backup, and that of a database taken in the same way. */
export async function fingerprintsOf(
  target: Target,
  json: string,
  work: WorkContext,
): Promise<{ expected: Fingerprint; actual: Fingerprint }> {
  const expected = parseFingerprint(json);
  const client = await connect(target, work);
  const sequences = await readSequences(client).finally(() => client.end());
  const recent = expected.recent ?? undefined;
  const actual = await takeFingerprint({
    target,
    work,
    mode: expected.mode,
    snapshot: null,
    sequences,
    recent,
  });
  return { expected, actual };
}

function parseFingerprint(json: string): Fingerprint {
  const hint = 'The backup may be from a newer version of Holdfast.';
  try {
    return fingerprintSchema.parse(JSON.parse(json));
  } catch (cause) {
    throw new HoldfastError('corrupt-copy', "The backup's fingerprint can't be read.", { hint, cause });
  }
}
