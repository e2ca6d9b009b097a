import { createHash } from 'node:crypto';
import { restoreDocumentOf } from '../../activities/copies.ts';
import type { Signer } from '../../policy/resolved.ts';
import { backupIdOf, commitCopy, keyOf, type Manifest, manifestBytes, sign } from '../../repository/index.ts';
import type { Store } from '../../repository/store.ts';

/** Who signs, and where ssh-keygen may work. */
export type PastSigner = { privateKey: string; signers: readonly Signer[]; directory: string };

/** A manifest as if its backup had been made at another time; its files stay what they are. */
export function redated(manifest: Manifest, startedAt: string): Manifest {
  const seconds = (Date.parse(manifest.endedAt) - Date.parse(manifest.startedAt)) / 1000;
  const runId = createHash('sha256').update(`${manifest.plan} ${startedAt}`).digest('hex').slice(0, 32);
  return {
    ...manifest,
    runId,
    backupId: backupIdOf(startedAt, runId),
    workflowId: `backup/${manifest.plan}-${startedAt.slice(0, 19)}Z`,
    startedAt,
    dataTime: startedAt,
    endedAt: new Date(Date.parse(startedAt) + seconds * 1000).toISOString(),
  };
}

/**
 * Puts a backup into stores as if it had been made in the past: signed, whole, and restorable when its files are. A
 * place to try retention in needs years of history.
 *
 * @param files the bytes of each file that the manifest names
 */
export async function putPastBackup(
  stores: readonly Store[],
  manifest: Manifest,
  files: ReadonlyMap<string, Uint8Array>,
  { privateKey, signers, directory }: PastSigner,
): Promise<void> {
  const signature = await sign(manifestBytes(manifest), privateKey, { directory });
  const document = restoreDocumentOf(manifest, signers);
  for (const store of stores) {
    for (const [name, body] of files) await store.putIfAbsent(keyOf(manifest, name), body);
    await commitCopy({ store, manifest, signature, restoreDocument: document, signers, work: {} });
  }
}
