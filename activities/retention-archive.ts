import { HoldfastError } from '../policy/errors.ts';
import type { ResolvedRepository } from '../policy/resolved.ts';
import { copyWhole, openRepository, openStore, readManifest } from '../repository/index.ts';
import type { Store } from '../repository/store.ts';
import type { PromotionInput } from '../workflows/contract-retention.ts';
import { restoreDocumentOf } from './copies.ts';
import type { Work } from './work.ts';

/**
 * Copies a backup into a tier's archive and reads it back there, from the nearest copy that this worker can be expected
 * to reach: one of its zone, else one in a bucket.
 *
 * @throws HoldfastError `unreachable` with what is wrong with each copy
 */
export async function copyIntoArchive(
  work: Work,
  { plan }: PromotionInput,
  target: Store,
  backupId: string,
  holders: readonly string[],
): Promise<void> {
  const reachable = placesWithCopies(plan.copies, work.zone, holders);
  const faults: string[] = [];
  for (const place of reachable) {
    const from = await openStore(place);
    try {
      await openRepository(from, work.signal);
      const backup = { source: plan.source.name, backupId };
      const { manifest } = await readManifest(from, backup, plan.signers, work.signal);
      await copyWhole(
        {
          target,
          signers: plan.signers,
          restoreDocument: (each) => restoreDocumentOf(each, plan.signers),
          signal: work.signal,
          onProgress: (phase, progress) => work.report({ phase, ...progress }),
        },
        from,
        manifest,
      );
      return;
    } catch (error) {
      if (work.signal.aborted || !(error instanceof HoldfastError)) throw error;
      faults.push(`From ${place.name}: ${error.sentence}`);
    } finally {
      from.close();
    }
  }
  if (reachable.length === 0) faults.push(`No copy that it is in can be reached from zone ${work.zone}.`);
  throw new HoldfastError('unreachable', `It could not be copied there. ${faults.join(' ')}`);
}

function placesWithCopies(
  copies: readonly ResolvedRepository[],
  zone: string,
  holders: readonly string[],
): ResolvedRepository[] {
  return copies
    .filter(({ name }) => holders.includes(name))
    .filter((copy) => copy.zone === zone || copy.kind === 's3')
    .sort((a, b) => Number(b.zone === zone) - Number(a.zone === zone));
}
