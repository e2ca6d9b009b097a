import { keyOf, restoreDocumentName } from './layout.ts';
import type { Manifest } from './manifest.ts';
import { corruptCopy } from './reading.ts';
import { replaceWith } from './replacing.ts';
import { isSameDocument } from './restore-doc.ts';
import type { Store } from './store.ts';

export type DocumentFault = 'missing' | 'changed';

/**
 * What is wrong with the RESTORE.md beside a backup: no manifest has its hash, so it is compared with what the manifest
 * gives, but for the signers, who may have been others when it was written. One that another version of Holdfast worded
 * otherwise counts as changed.
 *
 * @param right the text that the manifest gives
 * @returns null where nothing is
 */
export async function documentFault(
  store: Store,
  manifest: Manifest,
  right: string,
  signal?: AbortSignal,
): Promise<DocumentFault | null> {
  const found = await store.get(keyOf(manifest, restoreDocumentName), signal);
  if (found === null) return 'missing';
  return isSameDocument(Buffer.from(found).toString('utf8'), right) ? null : 'changed';
}

/**
 * Writes RESTORE.md anew beside a backup where it is missing or not what the manifest gives, and reads it back.
 *
 * @returns what was wrong with it; null where nothing was, and nothing was written
 * @throws HoldfastError `corrupt-copy` when it reads back otherwise, and what the store throws
 */
export async function mendDocument(
  store: Store,
  manifest: Manifest,
  right: string,
  signal: AbortSignal,
): Promise<DocumentFault | null> {
  const fault = await documentFault(store, manifest, right, signal);
  if (fault === null) return null;
  const body = Buffer.from(right);
  const key = keyOf(manifest, restoreDocumentName);
  await replaceWith(store, key, [body], { expectedBytes: body.length, record: true }, signal);
  if ((await documentFault(store, manifest, right, signal)) === null) return fault;
  throw corruptCopy(store, key, 'does not read back as it was written');
}
