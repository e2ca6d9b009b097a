import { HoldfastError } from '../policy/errors.ts';
import type { ResolvedPlan, ResolvedRepository } from '../policy/resolved.ts';
import { formatBytes } from '../policy/units.ts';
import { backupIdOf, prepareEncryption, verifySignature } from '../repository/index.ts';
import type { Manifest } from '../repository/manifest.ts';
import { driverFor } from '../sources/index.ts';
import { findOccurrence } from './occurrence.ts';
import { reasonOf } from './reason.ts';
import { withRepository } from './repositories.ts';
import { signAs } from './signature.ts';
import type { PreflightInput, PreflightResult } from './types.ts';
import type { Work } from './work.ts';

/**
 * Finds out, without effect, whether this backup can be made: secrets, tools, key, server and its version, and which
 * repositories can be written to from here, with how much space.
 *
 * @throws HoldfastError of the first thing without which no backup is possible
 */
export async function preflight(work: Work, { plan, occurrence }: PreflightInput): Promise<PreflightResult> {
  const backupId = backupIdOf(occurrence.nominalTime, occurrence.runId);
  const encryption = await prepareEncryption(plan.key, work);
  await encryption.close();
  await trySigning(plan, work);
  const estimatedBytes = await examineSource(plan, work);
  const found = await Promise.all(
    plan.copies.map((repository) => tryRepository(plan, repository, estimatedBytes, occurrence, work)),
  );
  const reachable = found.flatMap((each) => (each.error === null ? [each.name] : []));
  const unreachable = found.flatMap((each) =>
    each.error === null ? [] : [{ repository: each.name, reason: reasonOf(each.error) }],
  );
  const first = found.find((each) => each.error !== null)?.error;
  if (reachable.length === 0 && first !== undefined && first !== null) throw first;
  const done = found.filter((each) => each.done !== null);
  const manifest = done[0]?.done ?? null;
  return {
    backupId: manifest?.backupId ?? backupId,
    done: manifest === null ? null : { manifest, repositories: done.map((each) => each.name) },
    reachable,
    unreachable,
    warnings: encryption.warnings,
  };
}

/** A signature that nobody would trust must be found out before the dump, and not after it. */
async function trySigning(plan: ResolvedPlan, work: Work): Promise<void> {
  const word = Buffer.from('holdfast preflight');
  await verifySignature(word, await signAs(work, plan, word), plan.signers, work);
}

/** Opens the view that the dump will open, and gives it up again: whatever refuses, refuses here first. */
async function examineSource(plan: ResolvedPlan, work: Work): Promise<number> {
  const session = await driverFor(plan.source.kind).openBackup(plan.source, plan, work);
  await session.close();
  return session.facts.estimatedBytes;
}

type Found = { name: string; done: Manifest | null; error: HoldfastError | null };

async function tryRepository(
  plan: ResolvedPlan,
  repository: ResolvedRepository,
  estimatedBytes: number,
  occurrence: PreflightInput['occurrence'],
  work: Work,
): Promise<Found> {
  const { name } = repository;
  try {
    return await withRepository(repository, work.signal, async (store) => {
      const done = await findOccurrence(store, plan, occurrence, work.signal);
      await store.checkWritable(work.signal);
      requireSpace(repository, await store.freeBytes(work.signal), estimatedBytes);
      return { name, done, error: null };
    });
  } catch (error) {
    if (error instanceof HoldfastError && error.code !== 'interrupted') return { name, done: null, error };
    throw error;
  }
}

/** Compression takes an unknown part away; a disk that has not even a quarter of the raw size is not tried. */
function requireSpace(repository: ResolvedRepository, free: number | null, estimatedBytes: number): void {
  if (free === null || repository.kind !== 'filesystem') return;
  const wanted = repository.keepFree + estimatedBytes / 4;
  if (free >= wanted) return;
  throw new HoldfastError(
    'disk-full',
    `The repository ${repository.name} has ${formatBytes(free)} free, and this backup may need ${formatBytes(estimatedBytes / 4)} beside the ${formatBytes(repository.keepFree)} to keep free.`,
    { hint: `Free space at ${repository.path}, or lower repositories.${repository.name}.keepFree.` },
  );
}
