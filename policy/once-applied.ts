import { createHash } from 'node:crypto';
import { readDocument } from './document.ts';
import { flattenRunbooks } from './failover/includes.ts';
import type { PublicKeys } from './key-files.ts';
import { resolvePolicy } from './resolve.ts';
import type { ResolvedPolicy } from './resolved.ts';
import { policySchema } from './schema.ts';

const none: PublicKeys = { signers: {}, people: {}, recipients: {} };

/**
 * A policy that was applied once, from its text as repositories keep it. Null where the text is not what the hash is of,
 * or no policy to this version.
 *
 * @param hash SHA-256 of the text, in hex, as manifests name it.
 * @param publicKeys the ones that the text names by path; absent: it has none.
 */
export function policyOnceApplied(
  text: Uint8Array,
  hash: string,
  publicKeys: PublicKeys = none,
): ResolvedPolicy | null {
  if (createHash('sha256').update(text).digest('hex') !== hash) return null;
  const written = flattenRunbooks(readDocument(Buffer.from(text).toString('utf8'), hash).value).value;
  const parsed = policySchema.safeParse(written);
  return parsed.success ? resolvePolicy(parsed.data, publicKeys, hash) : null;
}
