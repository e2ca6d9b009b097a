import { HoldfastError } from '../policy/errors.ts';
import {
  keyOf,
  opensIn,
  prepareDecryption,
  readManifest,
  undoStages,
  verifiedStream,
  verifyFiles,
} from '../repository/index.ts';
import type { Manifest } from '../repository/manifest.ts';
import type { Store } from '../repository/store.ts';
import { driverFor } from '../sources/index.ts';
import { documentSentence } from '../workflows/contract-mend.ts';
import type { CopyVerification } from '../workflows/contract-verify.ts';
import { withRepository } from './repositories.ts';
import { lookAtDocument } from './restore-document.ts';
import { keyNamed } from './restored.ts';
import type { Activities } from './types.ts';
import type { Work } from './work.ts';

type Input = Parameters<Activities['verifyBackup']>[0];

/** What is wrong with the copy itself, rather than with our way to it. */
const faultsOfTheCopy = new Set(['corrupt-copy', 'untrusted-signature', 'not-found', 'process-failed']);

/**
 * Re-reads one copy: signature of the manifest, size, hash and service checksum of every file, RESTORE.md against the
 * manifest, and with `deep`, where this zone opens the key, decryption and the table of contents. A check that could not be made is told, and is no pass (law 11).
 */
export async function verifyBackup(work: Work, input: Input): Promise<CopyVerification> {
  const result: CopyVerification = {
    repository: input.repository.name,
    outcome: 'passed',
    bytes: 0,
    files: 0,
    sentences: [],
  };
  try {
    await withRepository(input.repository, work.signal, async (store) => {
      const { manifest, signedBy } = await readManifest(store, input.backup, input.signers, work.signal);
      result.signedBy = signedBy;
      const read = await verifyFiles(store, manifest, {
        signal: work.signal,
        onProgress: (progress) => work.report({ phase: `reading ${input.repository.name}`, ...progress }),
      });
      result.bytes = read.bytes;
      result.files = read.files;
      result.serviceChecksums = read.serviceChecksums;
      Object.assign(result, await lookAtDocument(work, store, manifest, input.signers));
      if (result.document !== undefined)
        result.sentences.push(documentSentence(result.document, input.backup, input.repository.name));
      if (input.deep) await lookInside(work, input, store, manifest, result);
    });
  } catch (error) {
    if (!(error instanceof HoldfastError) || !faultsOfTheCopy.has(error.code) || work.signal.aborted)
      throw error;
    result.outcome = 'failed';
    result.sentences.push(error.sentence);
  }
  return result;
}

async function lookInside(
  work: Work,
  input: Input,
  store: Store,
  manifest: Manifest,
  result: CopyVerification,
): Promise<void> {
  const key = keyNamed(manifest.key, input.keys);
  if (!opensIn(key, work.zone)) {
    result.sentences.push(`Not decrypted: zone ${work.zone} may not open the key ${key.name}.`);
    return;
  }
  const file = manifest.files.find(({ role }) => role === 'data');
  if (file === undefined)
    throw new HoldfastError('corrupt-copy', `The manifest of ${manifest.backupId} names no data.`);
  const decryption = await prepareDecryption(key, work);
  try {
    const stored = verifiedStream(store, keyOf(manifest, file.name), file, { signal: work.signal });
    result.contents = await driverFor(manifest.kind).listContents(
      manifest,
      { undo: undoStages(file, decryption), stored },
      work,
    );
  } finally {
    await decryption.close();
  }
}
