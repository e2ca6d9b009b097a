import { HoldfastError } from '../policy/errors.ts';
import type { Signer } from '../policy/resolved.ts';
import { type BackupListing, listBackups, readManifest } from './catalogue.ts';
import { commitCopy } from './commit.ts';
import { keyOf, restoreDocumentName, signatureName } from './layout.ts';
import type { Manifest } from './manifest.ts';
import { openRepository } from './marker.ts';
import { parseMarker } from './markers.ts';
import type { Progress } from './meter.ts';
import { corruptCopy } from './reading.ts';
import { isSameDocument } from './restore-doc.ts';
import type { Store } from './store.ts';
import { copyFile } from './transfer.ts';
import { verifyFiles } from './verify.ts';

export type FillInput = {
  target: Store;
  /** Repositories that have the backups, nearest first. */
  from: readonly Store[];
  plan: string;
  source: string;
  signers: readonly Signer[];
  /** The text of RESTORE.md that a manifest gives. */
  restoreDocument: (manifest: Manifest) => string;
  signal: AbortSignal;
  onProgress?: (phase: string, progress: Progress) => void;
};

export type FillOutcome = {
  copied: number;
  bytes: number;
  present: number;
  newest: { backupId: string; dataTime: string } | null;
  exceptions: string[];
};

const aDay = 86_400;

/** Where a backup can be copied from, in the order of preference. */
export type Missing = { backupId: string; from: { store: Store; backup: BackupListing }[] };

/** Committed backups that the target lacks, the newest first. Pure. */
export function missingIn(
  target: readonly BackupListing[],
  sources: readonly { store: Store; backups: readonly BackupListing[] }[],
): Missing[] {
  const there = new Set(target.filter(({ committed }) => committed).map(({ backupId }) => backupId));
  const missing = new Map<string, Missing>();
  for (const { store, backups } of sources) {
    for (const backup of backups) {
      if (!backup.committed || there.has(backup.backupId) || isGoing(backup)) continue;
      const entry = missing.get(backup.backupId) ?? { backupId: backup.backupId, from: [] };
      missing.set(backup.backupId, entry);
      entry.from.push({ store, backup });
    }
  }
  return [...missing.values()].sort((a, b) => (a.backupId < b.backupId ? 1 : -1));
}

/** Whether its removal has begun. */
const isGoing = ({ markers }: BackupListing): boolean =>
  markers.some((name) => parseMarker(name)?.kind === 'deleting');

/**
 * Copies a plan's backups that a repository lacks from those that have them, each read back whole before its manifest
 * makes it count (law 1). What is there is left alone, so that a second call does what the first one did not.
 *
 * @throws HoldfastError when the target fails: `disk-full`, or what an unplugged disk gives
 */
export async function fill(input: FillInput): Promise<FillOutcome> {
  const { target, source, signal } = input;
  // What a killed worker left on the disk when it was attached before: nobody sweeps a disk in a drawer.
  await target.sweepUnfinished(aDay, signal);
  const outcome: FillOutcome = { copied: 0, bytes: 0, present: 0, newest: null, exceptions: [] };
  const listed = await listBackups(target, { source }, signal);
  const sources = await listSources(input, outcome);
  for (const missing of missingIn(listed, sources)) {
    const manifest = await fillOne(input, missing, outcome);
    if (manifest === null) continue;
    outcome.copied += 1;
    outcome.bytes += manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  }
  const now = (await listBackups(target, { source }, signal)).filter(({ committed }) => committed);
  await copyMarkers(input, now, sources);
  await lookAtNewest(input, now, outcome);
  return outcome;
}

async function listSources({ from, source, signal }: FillInput, outcome: FillOutcome) {
  const sources: { store: Store; backups: BackupListing[] }[] = [];
  for (const store of from) {
    try {
      await openRepository(store, signal);
      sources.push({ store, backups: await listBackups(store, { source }, signal) });
    } catch (error) {
      if (signal.aborted || !(error instanceof HoldfastError)) throw error;
      outcome.exceptions.push(`Repository ${store.name} could not be read: ${error.sentence}`);
    }
  }
  return sources;
}

/** Copies one backup from the first source that has it whole; null when it is another plan's, or nobody has it whole. */
async function fillOne(input: FillInput, missing: Missing, outcome: FillOutcome): Promise<Manifest | null> {
  const { target, signers, signal, plan } = input;
  const faults: string[] = [];
  for (const { store, backup } of missing.from) {
    try {
      const { manifest } = await readManifest(store, backup, signers, signal);
      if (manifest.plan !== plan) return null;
      await copyWhole(input, store, manifest);
      return manifest;
    } catch (error) {
      if (signal.aborted || !(error instanceof HoldfastError) || error.code === 'disk-full') throw error;
      await openRepository(target, signal);
      faults.push(error.sentence);
    }
  }
  outcome.exceptions.push(`${missing.backupId} could not be copied: ${faults.join(' ')}`);
  return null;
}

/**
 * Copies a backup into the target, reads it back whole, and only then makes it count (law 1). RESTORE.md is signed by
 * nobody: where it is not what the manifest gives, it is taken from no copy.
 *
 * @throws HoldfastError `corrupt-copy` when it is not what its manifest says, and what the stores throw
 */
export async function copyWhole(
  {
    target,
    signers,
    restoreDocument,
    signal,
    onProgress,
  }: Pick<FillInput, 'target' | 'signers' | 'restoreDocument' | 'signal' | 'onProgress'>,
  from: Store,
  manifest: Manifest,
): Promise<void> {
  const small = async (name: string): Promise<string | null> => {
    const body = await from.get(keyOf(manifest, name), signal);
    return body === null ? null : Buffer.from(body).toString('utf8');
  };
  const [signature, found] = await Promise.all([small(signatureName), small(restoreDocumentName)]);
  if (signature === null) throw corruptCopy(from, keyOf(manifest, signatureName), 'is missing');
  for (const { name, bytes, sha256 } of manifest.files)
    await copyFile({
      from,
      to: target,
      key: keyOf(manifest, name),
      bytes,
      sha256,
      signal,
      onProgress: (progress) => onProgress?.(`copying ${manifest.backupId} from ${from.name}`, progress),
    });
  await verifyFiles(target, manifest, {
    signal,
    onProgress: (progress) => onProgress?.(`reading back ${manifest.backupId}`, progress),
  });
  const right = restoreDocument(manifest);
  // The one that is there tells of the signers of its day, and what an earlier call has put here is not another one.
  const document = found !== null && isSameDocument(found, right) ? found : right;
  await commitCopy({
    store: target,
    manifest,
    signature,
    restoreDocument: document,
    signers,
    work: { signal },
  });
}

/** What other repositories promise of a backup, the target knows too. A restore test is one copy's own. */
async function copyMarkers(
  { target, signal }: FillInput,
  listed: readonly BackupListing[],
  sources: readonly { store: Store; backups: readonly BackupListing[] }[],
): Promise<void> {
  const lasting = new Set(['keep', 'hold', 'unhold', 'needs']);
  const known = new Map(listed.map((backup) => [backup.backupId, new Set(backup.markers)]));
  for (const { store, backups } of sources) {
    for (const backup of backups) {
      const there = known.get(backup.backupId);
      for (const name of backup.markers) {
        if (there === undefined || there.has(name) || !lasting.has(parseMarker(name)?.kind ?? '')) continue;
        const body = await store.get(keyOf(backup, name), signal);
        if (body !== null) await target.putIfAbsent(keyOf(backup, name), body, signal);
        there.add(name);
      }
    }
  }
}

/** How many of the plan's backups the target has now, and which one is the newest. */
async function lookAtNewest(
  { target, plan, signers, signal }: FillInput,
  now: readonly BackupListing[],
  outcome: FillOutcome,
): Promise<void> {
  outcome.present = now.length - outcome.copied;
  for (const backup of now.toReversed()) {
    const { manifest } = await readManifest(target, backup, signers, signal);
    if (manifest.plan !== plan) continue;
    outcome.newest = { backupId: backup.backupId, dataTime: manifest.dataTime };
    return;
  }
}
