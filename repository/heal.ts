import { HoldfastError } from '../policy/errors.ts';
import type { Signer } from '../policy/resolved.ts';
import { readManifest } from './catalogue.ts';
import { type BackupName, keyOf, manifestName, restoreDocumentName, signatureName } from './layout.ts';
import type { Manifest, ManifestFile } from './manifest.ts';
import { type Progress, startMeter } from './meter.ts';
import { verifiedStream } from './reading.ts';
import { replaceWith } from './replacing.ts';
import type { Store } from './store.ts';
import { verifyFile } from './verify.ts';

export type HealRequest = {
  backup: BackupName;
  bad: Store;
  good: Store;
  signers: readonly Signer[];
  /** The text of RESTORE.md that a manifest gives. */
  restoreDocument: (manifest: Manifest) => string;
  signal: AbortSignal;
  onProgress?: (phase: string, progress: Progress) => void;
};

export type HealOutcome = {
  /** Names of the files that were put right. */
  files: string[];
  bytes: number;
  /** Whether the store keeps the bad bytes as older versions. */
  kept: boolean;
};

/**
 * Puts right the files of a copy that are not what the backup's manifest says, from another copy: data first, then
 * RESTORE.md, the signature, and last the manifest (law 1). The good copy's manifest must be signed by one of the policy's
 * signers, and its files are hashed before a byte of them counts. RESTORE.md is signed by nobody, and so it is taken from
 * no copy: it follows from the manifest. What is whole is never touched.
 *
 * A crash between any two files is safe: what is right already is left alone by the next call.
 *
 * @throws HoldfastError `refused` when both manifests are signed by signers and differ: nobody can tell which is right;
 *   what `readManifest` throws of the good copy, `corrupt-copy` when it is bad as well, and what the stores throw
 */
export async function heal(request: HealRequest): Promise<HealOutcome> {
  const { backup, good, signers, signal } = request;
  const { manifest } = await readManifest(good, backup, signers, signal);
  const record = await recordOf(good, backup, signal);
  const trusted = await isTrusted(request);
  if (trusted) await requireSame(request, record);
  const files: { name: string; bytes: number }[] = [];
  for (const file of manifest.files) {
    if (await isWhole(request, manifest, file)) continue;
    await replaceFile(request, manifest, file);
    files.push(file);
  }
  const document = { name: restoreDocumentName, body: Buffer.from(request.restoreDocument(manifest)) };
  files.push(...(await replaceRecord(request, [document, ...(trusted ? [] : record)])));
  await readManifest(request.bad, backup, signers, signal);
  return {
    files: files.map(({ name }) => name),
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    kept: await keepsOlder(request, files[0]?.name),
  };
}

type RecordFile = { name: string; body: Uint8Array };

/** The signature and the manifest of a copy, in the order in which they are written. */
async function recordOf(store: Store, backup: BackupName, signal: AbortSignal): Promise<RecordFile[]> {
  const names = [signatureName, manifestName];
  const bodies = await Promise.all(names.map((name) => store.get(keyOf(backup, name), signal)));
  return names.flatMap((name, index) => {
    const body = bodies[index];
    return body ? [{ name, body }] : [];
  });
}

/** Whether the bad copy's own manifest is signed by one of the policy's signers. */
async function isTrusted({ bad, backup, signers, signal }: HealRequest): Promise<boolean> {
  try {
    await readManifest(bad, backup, signers, signal);
    return true;
  } catch (error) {
    const faulty = ['untrusted-signature', 'corrupt-copy', 'not-found'];
    if (error instanceof HoldfastError && faulty.includes(error.code)) return false;
    throw error;
  }
}

async function requireSame({ bad, good, backup, signal }: HealRequest, record: RecordFile[]): Promise<void> {
  const right = record.find(({ name }) => name === manifestName)?.body;
  const found = await bad.get(keyOf(backup, manifestName), signal);
  if (found !== null && right !== undefined && Buffer.compare(found, right) === 0) return;
  throw new HoldfastError(
    'refused',
    `The manifests of ${backup.backupId} in ${bad.name} and ${good.name} are both signed by signers, and differ.`,
    { hint: 'Nothing was changed. Find out who signed the other one, and with which key.' },
  );
}

async function isWhole(
  { bad, signal }: HealRequest,
  manifest: Manifest,
  file: ManifestFile,
): Promise<boolean> {
  try {
    await verifyFile(bad, keyOf(manifest, file.name), file, { signal });
    return true;
  } catch (error) {
    if (error instanceof HoldfastError && error.code === 'corrupt-copy') return false;
    throw error;
  }
}

/** Writes the right bytes in the place of the wrong ones, and reads them back. */
async function replaceFile(
  { bad, good, signal, onProgress }: HealRequest,
  manifest: Manifest,
  file: ManifestFile,
): Promise<void> {
  const key = keyOf(manifest, file.name);
  let bytes = 0;
  const meter = startMeter(
    () => bytes,
    (progress) => onProgress?.(`healing ${file.name} in ${bad.name} from ${good.name}`, progress),
  );
  const onBytes = (more: number) => (bytes += more);
  try {
    // The last step of the stream throws when the good copy is not good: then nothing is finished.
    const right = verifiedStream(good, key, file, { signal, onBytes });
    await replaceWith(bad, key, right, { expectedBytes: file.bytes }, signal);
  } finally {
    meter.stop();
  }
  await verifyFile(bad, key, file, { signal });
}

/** A file of which both are the same stays as it is. */
async function replaceRecord(
  { bad, backup, signal }: HealRequest,
  record: readonly RecordFile[],
): Promise<{ name: string; bytes: number }[]> {
  const replaced: { name: string; bytes: number }[] = [];
  for (const { name, body } of record) {
    const key = keyOf(backup, name);
    const found = await bad.get(key, signal);
    if (found !== null && Buffer.compare(found, body) === 0) continue;
    await replaceWith(bad, key, [body], { expectedBytes: body.length, record: true }, signal);
    replaced.push({ name, bytes: body.length });
  }
  return replaced;
}

/** Whether an older version of a replaced file is still there; who may not ask is told that none is. */
async function keepsOlder({ bad, backup, signal }: HealRequest, name: string | undefined): Promise<boolean> {
  if (name === undefined) return false;
  const key = keyOf(backup, name);
  let versions = 0;
  try {
    for await (const version of bad.listVersions(key, signal)) if (version.key === key) versions += 1;
  } catch (error) {
    if (!(error instanceof HoldfastError) || signal.aborted) throw error;
  }
  return versions > 1;
}
