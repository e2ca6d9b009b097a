import type { Signer } from '../policy/resolved.ts';
import { documentFault, type Manifest, mendDocument, readManifest } from '../repository/index.ts';
import type { Store } from '../repository/store.ts';
import type { MendInput, MendResult } from '../workflows/contract-mend.ts';
import { restoreDocumentOf } from './copies.ts';
import { withRepository } from './repositories.ts';
import type { Work } from './work.ts';

/** What is wrong with the RESTORE.md beside a copy, for a result that tells it; nothing where nothing is. */
export async function lookAtDocument(
  work: Work,
  store: Store,
  manifest: Manifest,
  signers: readonly Signer[],
): Promise<Pick<MendResult, 'document'>> {
  const fault = await documentFault(store, manifest, restoreDocumentOf(manifest, signers), work.signal);
  return fault === null ? {} : { document: fault };
}

/** Writes RESTORE.md anew beside a copy where it is missing or changed: from the copy's signed manifest, and no other copy. */
export async function mendRestoreDocument(
  work: Work,
  { repository, backup, signers }: MendInput,
): Promise<MendResult> {
  return withRepository(repository, work.signal, async (store) => {
    const { manifest } = await readManifest(store, backup, signers, work.signal);
    const fault = await mendDocument(store, manifest, restoreDocumentOf(manifest, signers), work.signal);
    return fault === null ? {} : { document: fault };
  });
}
