import type { ResolvedPlan } from '../policy/resolved.ts';
import { listBackups, readManifest } from '../repository/index.ts';
import type { Manifest } from '../repository/manifest.ts';
import type { Store } from '../repository/store.ts';
import type { Occurrence } from './types.ts';

/**
 * The backup that an earlier run of the same occurrence committed, or null: what makes a schedule time that fires
 * twice one backup.
 */
export async function findOccurrence(
  store: Store,
  plan: ResolvedPlan,
  occurrence: Occurrence,
  signal: AbortSignal,
): Promise<Manifest | null> {
  const stamp = `${occurrence.nominalTime.slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  const day = `${stamp.slice(0, 4)}/${stamp.slice(4, 6)}/${stamp.slice(6, 8)}`;
  const entries = await listBackups(store, { prefix: `${plan.source.name}/${day}/${stamp}-` }, signal);
  for (const entry of entries.filter(({ committed }) => committed)) {
    const { manifest } = await readManifest(store, entry, plan.signers, signal);
    if (manifest.workflowId === occurrence.workflowId && manifest.plan === plan.name) return manifest;
  }
  return null;
}
