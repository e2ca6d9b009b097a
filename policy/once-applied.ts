import { createHash } from 'node:crypto';
import { readDocument } from './document.ts';
import { flattenRunbooks } from './failover/includes.ts';
import { resolvePolicy } from './resolve.ts';
import type { ResolvedPolicy } from './resolved.ts';
import { policySchema } from './schema.ts';

/**
 * A policy that was applied once, from its text as repositories keep it; without public keys, which the text names by
 * path. Null where the text is not what the hash is of, or no policy to this version.
 *
 * @param hash SHA-256 of the text, in hex, as manifests name it.
 */
export function policyOnceApplied(text: Uint8Array, hash: string): ResolvedPolicy | null {
  if (createHash('sha256').update(text).digest('hex') !== hash) return null;
  const written = flattenRunbooks(readDocument(Buffer.from(text).toString('utf8'), hash).value).value;
  const parsed = policySchema.safeParse(written);
  return parsed.success
    ? resolvePolicy(parsed.data, { signers: {}, people: {}, recipients: {} }, hash)
    : null;
}
