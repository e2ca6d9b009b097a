import { HoldfastError } from '../policy/errors.ts';
import type { Signer } from '../policy/resolved.ts';
import { canonicalJson } from './canonical.ts';
import { keyOf, manifestName, restoreDocumentName, signatureName } from './layout.ts';
import { type Manifest, manifestSchema } from './manifest.ts';
import { verifySignature } from './signing.ts';
import type { Store } from './store.ts';

/**
 * The bytes of a manifest that are signed and stored: canonical JSON. Equal manifests give equal bytes.
 *
 * @throws ZodError when it is no manifest: an internal fault
 */
export function manifestBytes(manifest: Manifest): Uint8Array {
  return canonicalJson(manifestSchema.parse(manifest));
}

export type CommitInput = {
  store: Store;
  manifest: Manifest;
  /** Of `manifestBytes(manifest)`. */
  signature: string;
  /** The text of RESTORE.md. */
  restoreDocument: string;
  /** Whose signatures count: ours is checked before anything is written. */
  signers: readonly Signer[];
  work: { signal?: AbortSignal };
};

/**
 * Makes a copy count (law 1): RESTORE.md, the signature, and last the manifest, each create-only. What an earlier
 * attempt at the same commit has written is taken as done.
 *
 * @throws HoldfastError `already-exists` when something else stands there, `untrusted-signature` when the signature
 *   is not over this manifest by a signer of the policy, and what the store throws
 */
export async function commitCopy(input: CommitInput): Promise<'committed' | 'was-committed'> {
  const { store, manifest, signers, work } = input;
  const bytes = manifestBytes(manifest);
  await verifySignature(bytes, input.signature, signers, work);
  const put = async (file: string, body: Uint8Array, same: (found: Uint8Array) => Promise<boolean>) => {
    const key = keyOf(manifest, file);
    if ((await store.putIfAbsent(key, body, work.signal)) === 'created') return 'committed';
    const found = await store.get(key, work.signal);
    if (found !== null && (await same(found))) return 'was-committed';
    throw new HoldfastError('already-exists', `Repository ${store.name} has another ${key}.`, {
      hint: 'Holdfast never replaces a file. See with `holdfast backup show` which run wrote it.',
    });
  };
  const equals = (body: Uint8Array) => async (found: Uint8Array) => Buffer.compare(found, body) === 0;
  const restore = Buffer.from(input.restoreDocument);
  await put(restoreDocumentName, restore, equals(restore));
  // Some kinds of keys never sign twice alike, so another signature is as good when it is over the same bytes.
  await put(signatureName, Buffer.from(input.signature), (found) => holds(bytes, found, signers));
  return put(manifestName, bytes, equals(bytes));
}

async function holds(bytes: Uint8Array, signature: Uint8Array, signers: readonly Signer[]): Promise<boolean> {
  try {
    await verifySignature(bytes, signature, signers);
    return true;
  } catch (error) {
    if (error instanceof HoldfastError && error.code === 'untrusted-signature') return false;
    throw error;
  }
}
