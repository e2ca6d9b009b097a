import { createHash } from 'node:crypto';
import { HoldfastError } from '../policy/errors.ts';
import type { Store } from './store.ts';

/** What the manifest says of a file's stored bytes. */
export type Expected = { bytes: number; sha256: string };

const hint =
  'Use another copy. A restore test of this one puts it right from a good one; until then it stays as it is.';

export function corruptCopy(store: Store, key: string, what: string): HoldfastError {
  return new HoldfastError('corrupt-copy', `Repository ${store.name}: ${key} ${what}.`, { hint });
}

/**
 * The stored bytes of a file, hashed as they flow. They count only once the iteration has ended by itself: its last
 * step throws when size or hash are not the expected ones.
 *
 * @throws HoldfastError `corrupt-copy` when the file is missing, too short, too long or changed, and what the store
 *   throws
 */
export async function* verifiedStream(
  store: Store,
  key: string,
  expected: Expected,
  options: { signal?: AbortSignal; onBytes?: (bytes: number) => void } = {},
): AsyncGenerator<Uint8Array> {
  const found = await store.head(key, options.signal);
  if (found === null) throw corruptCopy(store, key, 'is missing');
  if (found.bytes !== expected.bytes) throw wrongSize(store, key, found.bytes, expected.bytes);
  const hash = createHash('sha256');
  let bytes = 0;
  const stream: AsyncIterable<Uint8Array> = await store.read(key, options.signal);
  for await (const chunk of stream) {
    hash.update(chunk);
    bytes += chunk.length;
    if (bytes > expected.bytes) throw wrongSize(store, key, bytes, expected.bytes);
    options.onBytes?.(chunk.length);
    yield chunk;
  }
  if (bytes !== expected.bytes) throw wrongSize(store, key, bytes, expected.bytes);
  const sha256 = hash.digest('hex');
  if (sha256 !== expected.sha256)
    throw corruptCopy(store, key, `has SHA-256 ${sha256}, and its manifest says ${expected.sha256}`);
}

function wrongSize(store: Store, key: string, bytes: number, expected: number): HoldfastError {
  return corruptCopy(store, key, `has ${bytes} bytes, and its manifest says ${expected}`);
}
