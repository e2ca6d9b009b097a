import type { BackupListing } from './catalogue.ts';
import { type BackupName, directoryOf, type FileKind, keyOf } from './layout.ts';
import { parseMarker } from './markers.ts';

/** The files that a manifest names, with their sizes; null when the manifest could not be read. */
export type NamedFiles = ReadonlyMap<string, number> | null;

/** A key, or a directory that ends in a slash, and why it goes or stays. */
export type Reasoned = { key: string; why: string };

export type DebrisDecision = {
  debris: Reasoned[];
  kept: Reasoned[];
  /** Removals that have begun and whose manifest has gone: they are finished, by the run that began or for it. */
  begun: { backup: BackupName; run: string }[];
};

/** What an attempt writes before its manifest; nothing else is ever removed. */
const written: ReadonlySet<FileKind> = new Set<FileKind>(['data', 'restore-document', 'signature']);

/** The attempt in the name of a data file. */
const attemptPattern = /^[a-z]+-([0-9a-f]{6})\./;

/** Whether data of more than one attempt lies beside a manifest, so that the manifest has to tell which counts. */
export function needsManifest({ committed, files }: BackupListing): boolean {
  const attempts = files.flatMap(({ name, kind }) =>
    kind === 'data' ? (attemptPattern.exec(name)?.[1] ?? []) : [],
  );
  return committed && new Set(attempts).size > 1;
}

/**
 * What failed attempts have left behind: files of backups without a manifest, and data files beside a manifest that
 * names others, once the newest file of the backup is older than the grace time. That time must be longer than any
 * backup may take, since a running one looks just so.
 *
 * In doubt all is kept: when a manifest can't be read or a file that it names is missing, and when a backup without a
 * manifest has markers, because then it once had one. Only a marker of its removal leaves no doubt.
 *
 * @param manifests what the manifests of those that `needsManifest` name, by the backup's directory
 */
export function debrisOf(
  backups: readonly BackupListing[],
  manifests: ReadonlyMap<string, NamedFiles>,
  now: Date,
  graceSeconds: number,
): DebrisDecision {
  const decision: DebrisDecision = { debris: [], kept: [], begun: [] };
  for (const backup of backups) {
    const run = backup.committed ? null : removingRun(backup);
    if (run !== null) {
      decision.begun.push({ backup: { source: backup.source, backupId: backup.backupId }, run });
      continue;
    }
    const old = now.getTime() - backup.modifiedAt.getTime() > graceSeconds * 1000;
    const verdict = backup.committed
      ? besideManifest(backup, manifests.get(directoryOf(backup)) ?? null, old)
      : withoutManifest(backup, old);
    if ('keep' in verdict) decision.kept.push({ key: directoryOf(backup), why: verdict.keep });
    else sort(decision, backup, verdict);
  }
  return decision;
}

function removingRun({ markers }: BackupListing): string | null {
  for (const marker of markers.map(parseMarker)) if (marker?.kind === 'deleting') return marker.id;
  return null;
}

type Verdict = { keep: string } | { remove: BackupListing['files']; why: string };

function withoutManifest(backup: BackupListing, old: boolean): Verdict {
  if (!old) return { keep: 'It may belong to a backup that is still being made.' };
  if (backup.markers.length > 0) return { keep: 'It has markers but no manifest: look into it.' };
  return { remove: backup.files, why: 'No manifest makes it a backup.' };
}

function besideManifest(backup: BackupListing, named: NamedFiles, old: boolean): Verdict {
  if (!needsManifest(backup)) return { remove: [], why: '' };
  if (named === null) return { keep: "Its manifest can't be read: look into it." };
  const found = new Map(backup.files.map((file) => [file.name, file.bytes]));
  const whole = [...named].every(([name, bytes]) => found.get(name) === bytes);
  if (!whole) return { keep: 'It lacks files that its manifest names: look into it.' };
  if (!old) return { keep: 'It is of another attempt, and too young to be swept.' };
  const others = backup.files.filter(({ name, kind }) => kind === 'data' && !named.has(name));
  return { remove: others, why: 'It is of an attempt that its manifest does not name.' };
}

function sort(
  decision: DebrisDecision,
  backup: BackupListing,
  { remove, why }: { remove: BackupListing['files']; why: string },
): void {
  for (const { name, kind } of remove) {
    const key = keyOf(backup, name);
    if (written.has(kind)) decision.debris.push({ key, why });
    else decision.kept.push({ key, why: 'Holdfast did not write it.' });
  }
}
