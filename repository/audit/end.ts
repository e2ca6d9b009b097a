import { HoldfastError } from '../../policy/errors.ts';
import type { Store } from '../store.ts';
import { type Link, linkOf } from './entry.ts';
import { chainFolder, isBlock, isNumber, keyOfNumber, numberOf } from './layout.ts';

/** What stands under a number of a chain; null when nothing does. */
export async function readLink(
  store: Store,
  zone: string,
  number: number,
  signal?: AbortSignal,
): Promise<Link | null> {
  if (!isNumber(number)) return null;
  const bytes = await store.get(keyOfNumber(chainFolder(zone), number), signal);
  return bytes === null ? null : linkOf(number, bytes);
}

/**
 * The last entry of a chain, by listing: never by trying numbers, which would end at the first gap that somebody made.
 * Null for a chain without entries.
 *
 * @throws HoldfastError `service-unavailable` when what was listed can't be found, and what the store throws
 */
export async function findEnd(store: Store, zone: string, signal?: AbortSignal): Promise<Link | null> {
  const number = await lastNumber(store, chainFolder(zone), signal);
  if (number === null) return null;
  const link = await readLink(store, zone, number, signal);
  if (link !== null) return link;
  throw new HoldfastError(
    'service-unavailable',
    `Repository ${store.name} lists entry ${number} of the audit log of zone ${zone}, and does not give it.`,
  );
}

/** The largest number below a folder of entries or heads; null when there is none. */
export async function lastNumber(store: Store, folder: string, signal?: AbortSignal): Promise<number | null> {
  const blocks = (await store.listFolders(folder, signal)).filter(isBlock);
  // Some services still name a folder shortly after its last object went.
  for (const block of blocks.toReversed()) {
    const { numbers } = await listBlock(store, folder, block, signal);
    const last = numbers.at(-1);
    if (last !== undefined) return last;
  }
  return null;
}

/** The numbers in one folder, in order, and the keys that have no business there. */
export async function listBlock(
  store: Store,
  folder: string,
  block: string,
  signal?: AbortSignal,
): Promise<{ numbers: number[]; strangers: string[] }> {
  const numbers: number[] = [];
  const strangers: string[] = [];
  for await (const key of store.listKeys(`${folder}${block}/`, signal)) {
    const number = numberOf(folder, key);
    if (number === null) strangers.push(key);
    else numbers.push(number);
  }
  return { numbers, strangers };
}
