import { access, constants } from 'node:fs/promises';
import type { SecretRef } from '../../policy/resolved.ts';
import { placeOf } from '../../process/index.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Why a secret can't be read here; null when it can. A command that prints one may ask what is lost, and is not run. */
export async function faultOf(ref: SecretRef, env: Environment): Promise<string | null> {
  if ('env' in ref) return env[ref.env] ? null : `not here: ${placeOf(ref)} is not set`;
  if ('command' in ref) return `not tried: it is ${placeOf(ref)}, which may ask what is lost`;
  return access(ref.file, constants.R_OK).then(
    () => null,
    () => `not here: ${placeOf(ref)} can't be read`,
  );
}
