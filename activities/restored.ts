import { HoldfastError } from '../policy/errors.ts';
import type { ResolvedKey, ResolvedRepository, Signer } from '../policy/resolved.ts';
import {
  type Decryption,
  keyOf,
  prepareDecryption,
  readManifest,
  undoStages,
  verifiedStream,
} from '../repository/index.ts';
import type { Manifest, ManifestFile } from '../repository/manifest.ts';
import type { Store } from '../repository/store.ts';
import { driverFor } from '../sources/index.ts';
import type {
  Difference,
  OnServer,
  RestoreInput as Plaintext,
  RestoreFacts,
  RestoreHow,
  ScratchPlace,
} from '../sources/source.ts';
import type { BackupRef } from '../workflows/contract-verify.ts';
import { withRepository } from './repositories.ts';
import type { Work } from './work.ts';

/** Which copy is restored, and with what. */
export type CopyToRestore = {
  backup: BackupRef;
  repository: ResolvedRepository;
  signers: Signer[];
  keys: ResolvedKey[];
};

/** A copy that lies restored in a scratch place. */
export type Restored = {
  manifest: Manifest;
  signedBy: string;
  scratch: ScratchPlace;
  facts: RestoreFacts;
  /** Stored bytes that were read. */
  bytes: number;
  /** The text of the fingerprint that was taken with the backup; null when there is none. */
  fingerprint(): Promise<string | null>;
};

/** A scratch place opened for a copy, before anything is in it. */
export type Opened = Pick<Restored, 'manifest' | 'signedBy' | 'scratch'> & {
  store: Store;
  restore(how?: RestoreHow): Promise<Restored>;
};

/**
 * Opens a scratch place of its own for a copy whose manifest is signed by one of the policy's signers, and destroys it
 * after the body, also after a failure or a cancellation (law 13).
 *
 * @throws HoldfastError `corrupt-copy`, `untrusted-signature` or `bad-key`: this copy, or this zone, can't do it
 */
export async function withScratch<T>(
  work: Work,
  copy: CopyToRestore,
  body: (opened: Opened) => Promise<T>,
  on?: OnServer,
): Promise<T> {
  const open = (manifest: Manifest) => driverFor(manifest.kind).openScratch(manifest, work, on);
  return withPlace(work, copy, open, async (opened) => {
    try {
      return await body(opened);
    } finally {
      await opened.scratch.destroy();
    }
  });
}

/**
 * As `withScratch`, with a place that the caller makes and destroys.
 *
 * @throws HoldfastError as `withScratch`
 */
export async function withPlace<T, Place extends ScratchPlace>(
  work: Work,
  copy: CopyToRestore,
  open: (manifest: Manifest) => Promise<Place>,
  body: (opened: Opened, place: Place) => Promise<T>,
): Promise<T> {
  return withRepository(copy.repository, work.signal, async (store) => {
    const { manifest, signedBy } = await readManifest(store, copy.backup, copy.signers, work.signal);
    const decryption = await prepareDecryption(keyNamed(manifest.key, copy.keys), work);
    try {
      const scratch = await open(manifest);
      const restore = (how?: RestoreHow) => restoreInto(work, store, manifest, { decryption, scratch, how });
      const opened: Opened = {
        manifest,
        signedBy,
        scratch,
        store,
        restore: async (how) => ({ manifest, signedBy, scratch, ...(await restore(how)) }),
      };
      return await body(opened, scratch);
    } finally {
      await decryption.close();
    }
  });
}

/**
 * The key that a manifest names.
 *
 * @throws HoldfastError `bad-key` when the policy no longer has it
 */
export function keyNamed(name: string, keys: ResolvedKey[]): ResolvedKey {
  const key = keys.find((each) => each.name === name);
  if (key !== undefined) return key;
  throw new HoldfastError(
    'bad-key',
    `The backup is encrypted with the key ${name}, which the policy no longer has.`,
    {
      hint: `Put keys.${name} back into the policy, with a place that opens it.`,
    },
  );
}

/** How many differences are told. */
const most = 5;

/** @throws HoldfastError `mismatch` with each thing that differs and both numbers, unless nothing does */
export function requireEqual(differences: readonly Difference[]): void {
  if (differences.length === 0) return;
  const told = differences
    .slice(0, most)
    .map(({ what, expected, actual }) => `${what}: backed up ${expected}, restored ${actual}`);
  const more = differences.length > most ? `, and ${differences.length - most} more` : '';
  throw new HoldfastError(
    'mismatch',
    `What was restored is not what was backed up: ${told.join('; ')}${more}.`,
  );
}

async function restoreInto(
  work: Work,
  store: Store,
  manifest: Manifest,
  {
    decryption,
    scratch,
    how,
  }: { decryption: Decryption; scratch: ScratchPlace; how: RestoreHow | undefined },
): Promise<Pick<Restored, 'facts' | 'bytes' | 'fingerprint'>> {
  const started = Date.now();
  let bytes = 0;
  const open = async (file: ManifestFile): Promise<Plaintext> => ({
    undo: undoStages(file, decryption),
    stored: verifiedStream(store, keyOf(manifest, file.name), file, {
      signal: work.signal,
      onBytes: (more) => {
        bytes += more;
        const elapsed = (Date.now() - started) / 1000;
        work.report({
          phase: `restoring from ${store.name}`,
          bytes,
          bytesPerSecond: bytes / Math.max(elapsed, 0.001),
          elapsed,
        });
      },
    }),
  });
  const facts = await scratch.restore({ manifest, open, ...(how === undefined ? {} : { how }) });
  return { facts, bytes, fingerprint: () => readFingerprint(work, store, manifest) };
}

async function readFingerprint(work: Work, store: Store, manifest: Manifest): Promise<string | null> {
  const file = manifest.files.find(({ role }) => role === 'fingerprint');
  if (file === undefined) return null;
  work.report({ phase: 'comparing with the fingerprint', bytes: file.bytes, bytesPerSecond: 0, elapsed: 0 });
  const parts: Uint8Array[] = [];
  for await (const part of verifiedStream(store, keyOf(manifest, file.name), file, { signal: work.signal }))
    parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}
