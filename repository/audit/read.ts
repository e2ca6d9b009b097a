import { inFlight } from '../in-flight.ts';
import type { Store } from '../store.ts';
import { listBlock, readLink } from './end.ts';
import type { Link } from './entry.ts';
import { auditFolder, chainFolder, isBlock, isZone, witnessesFolder } from './layout.ts';

const readsAtOnce = 32;

/**
 * The zones that have a chain, in order: those that the audit repository has one of, and those of which a witness has
 * heads, so that a chain that is gone whole is missed.
 */
export async function zonesWithChains(
  store: Store,
  witnesses: readonly Store[],
  signal?: AbortSignal,
): Promise<string[]> {
  const listed = await Promise.all([
    store.listFolders(auditFolder, signal),
    ...witnesses.map((witness) => witness.listFolders(witnessesFolder, signal)),
  ]);
  return [...new Set(listed.flat().filter(isZone))].sort();
}

/** What stands in a zone's chain, newest first, read only as far as it is asked for. */
export async function* linksBack(store: Store, zone: string, signal?: AbortSignal): AsyncGenerator<Link> {
  const folder = chainFolder(zone);
  const blocks = (await store.listFolders(folder, signal)).filter(isBlock);
  for (const block of blocks.toReversed()) {
    const { numbers } = await listBlock(store, folder, block, signal);
    for await (const link of inFlight(numbers.toReversed(), readsAtOnce, (number) =>
      readLink(store, zone, number, signal),
    ))
      if (link !== null) yield link;
  }
}
