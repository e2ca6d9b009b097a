import { directoryOf, keyOf, listBackups, markerName, parseMarker } from '../repository/index.ts';
import type { HoldInRepository, HoldOutcome } from '../workflows/contract-retention.ts';
import { withoutLock, withRepository } from './repositories.ts';
import type { Work } from './work.ts';

/**
 * Puts a backup's copy in one repository under a legal hold, or answers every hold that is open there. A hold keeps
 * the backup from expiry and deletion for as long as nobody answers it.
 *
 * @throws HoldfastError what the store throws
 */
export async function holdCopy(work: Work, input: HoldInRepository): Promise<HoldOutcome> {
  const { repository, backup, mode, id, by, reason, at } = input;
  // A hold is as safe as the repository makes it; what answers it must not outlast the backup.
  const place = mode === 'hold' ? repository : withoutLock(repository);
  return withRepository(place, work.signal, async (store): Promise<HoldOutcome> => {
    const [listing] = await listBackups(store, { prefix: directoryOf(backup) }, work.signal);
    if (listing === undefined || !listing.committed)
      return { repository: repository.name, outcome: 'no-copy' };
    const body = Buffer.from(`${JSON.stringify({ reason, by, at }, null, 2)}\n`);
    const put = (kind: 'hold' | 'unhold', name: string) =>
      store.putIfAbsent(keyOf(backup, markerName({ kind, id: name })), body, work.signal);
    if (mode === 'hold') {
      await put('hold', id);
      return { repository: repository.name, outcome: 'held' };
    }
    const markers = listing.markers.flatMap((name) => parseMarker(name) ?? []);
    for (const marker of markers) if (marker.kind === 'hold') await put('unhold', marker.id);
    return { repository: repository.name, outcome: 'released' };
  });
}
