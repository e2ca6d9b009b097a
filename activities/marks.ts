import { z } from 'zod';
import { type BackupListing, keyOf, markerName, parseMarker } from '../repository/index.ts';
import { jsonOf } from '../repository/marker.ts';
import type { Store } from '../repository/store.ts';
import type { CatalogueEntry, LegalHold } from '../workflows/contract-catalogue.ts';

const holdBody = z.object({ by: z.string(), at: z.string(), reason: z.string() });

/** What the markers beside a copy say of its keeping: as what it is kept, and who holds it and why. */
export async function marksOf(
  store: Store,
  backup: BackupListing,
  signal: AbortSignal,
): Promise<Pick<CatalogueEntry, 'kept' | 'holds'>> {
  const markers = backup.markers.flatMap((name) => parseMarker(name) ?? []);
  const kept = markers.flatMap((marker) =>
    marker.kind === 'keep' ? [{ tier: marker.tier, until: marker.until }] : [],
  );
  const released = new Set(markers.flatMap((marker) => (marker.kind === 'unhold' ? [marker.id] : [])));
  const open = markers.flatMap((marker) =>
    marker.kind === 'hold' && !released.has(marker.id) ? [marker.id] : [],
  );
  const holds = await Promise.all(open.map((id) => readHold(store, backup, id, signal)));
  return { ...(kept.length > 0 ? { kept } : {}), ...(holds.length > 0 ? { holds } : {}) };
}

/** A hold whose text can't be read holds all the same. */
async function readHold(
  store: Store,
  backup: BackupListing,
  id: string,
  signal: AbortSignal,
): Promise<LegalHold> {
  const body = await store.get(keyOf(backup, markerName({ kind: 'hold', id })), signal);
  const read = body === null ? undefined : holdBody.safeParse(jsonOf(body)).data;
  return { id, ...(read ?? { by: 'unknown', at: 'unknown', reason: 'not told' }) };
}
