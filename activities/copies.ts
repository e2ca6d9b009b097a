import { createHash } from 'node:crypto';
import type { ResolvedPlan, Signer } from '../policy/resolved.ts';
import {
  commitCopy as commit,
  copyFile,
  keyOf,
  manifestBytes,
  restoreDocument,
  verifyFiles,
} from '../repository/index.ts';
import type { Manifest } from '../repository/manifest.ts';
import { driverFor } from '../sources/index.ts';
import { recordGoodCopy } from './metrics.ts';
import { withRepository } from './repositories.ts';
import { signAs } from './signature.ts';
import type { CommitInput, CopyInput, TransferInput } from './types.ts';
import type { Work } from './work.ts';

/**
 * Reads a copy back and compares size and SHA-256 of every file with the manifest, and its bytes with the service's own
 * checksum where there is one.
 *
 * @throws HoldfastError `corrupt-copy` with every file that differs
 */
export async function verifyCopy(work: Work, { repository, manifest }: CopyInput): Promise<void> {
  await withRepository(repository, work.signal, (store) =>
    verifyFiles(store, manifest, {
      signal: work.signal,
      onProgress: (progress) => work.report({ phase: `reading back ${repository.name}`, ...progress }),
    }),
  );
}

/** The manifest's signature by the key of this zone. */
export async function signManifest(
  work: Work,
  { plan, manifest }: { plan: ResolvedPlan; manifest: Manifest },
): Promise<string> {
  return signAs(work, plan, manifestBytes(manifest));
}

/** The text of RESTORE.md beside a backup. */
export function restoreDocumentOf(manifest: Manifest, signers: readonly Signer[]): string {
  return restoreDocument({ manifest, signers, steps: driverFor(manifest.kind).restoreSteps(manifest) });
}

/** Makes the copy count: RESTORE.md, signature and manifest, create-only, in that order (law 1). */
export async function commitCopy(
  work: Work,
  { repository, manifest, signature, plan }: CommitInput,
): Promise<{ sha256: string }> {
  const document = restoreDocumentOf(manifest, plan.signers);
  await withRepository(repository, work.signal, (store) =>
    commit({ store, manifest, signature, restoreDocument: document, signers: plan.signers, work }),
  );
  recordGoodCopy(manifest, repository.name);
  return { sha256: createHash('sha256').update(manifestBytes(manifest)).digest('hex') };
}

/** Fills a copy from a good one, file by file, hashed as it flows; files that are there already are kept. */
export async function transferCopy(
  work: Work,
  { repository, manifest, from, stallSeconds }: TransferInput,
): Promise<void> {
  await withRepository(from, work.signal, (source) =>
    withRepository(repository, work.signal, async (target) => {
      for (const file of manifest.files) {
        await copyFile({
          from: source,
          to: target,
          key: keyOf(manifest, file.name),
          sha256: file.sha256,
          bytes: file.bytes,
          stallSeconds,
          signal: work.signal,
          onProgress: (progress) =>
            work.report({
              phase: `copying ${file.role} from ${from.name} to ${repository.name}`,
              ...progress,
            }),
        });
      }
    }),
  );
}
