import { HoldfastError } from '../policy/errors.ts';
import type { ResolvedPlan } from '../policy/resolved.ts';
import { sign } from '../repository/index.ts';
import type { Work } from './work.ts';

/**
 * Signs bytes with the key of this worker's zone.
 *
 * @throws HoldfastError `bad-key` when the policy names no signing key for the zone, or it can't be used
 */
export async function signAs(work: Work, plan: ResolvedPlan, bytes: Uint8Array): Promise<string> {
  const ref = plan.signingKeys[work.zone];
  if (ref === undefined)
    throw new HoldfastError('bad-key', `Zone ${work.zone} has no signing key.`, {
      hint: `Set zones.${work.zone}.signingKey in the policy.`,
    });
  return sign(bytes, await work.secret(ref), work);
}
