/**
 * Names of everything in a repository, and what a name means. Pure and free of Node, so that workflows and reports
 * read keys by the same rules. A store puts its own prefix in front.
 */
import { HoldfastError } from '../policy/errors.ts';

/** A backup as its keys name it. */
export type BackupName = { source: string; backupId: string };

/** What a file in a backup's directory is. */
export type FileKind = 'manifest' | 'signature' | 'restore-document' | 'marker' | 'data' | 'unknown';

export const repositoryMarkerKey = '_holdfast.json';
export const manifestName = 'manifest.json';
export const signatureName = 'manifest.json.sig';
export const restoreDocumentName = 'RESTORE.md';

const sourcePattern = /^[a-z0-9][a-z0-9-]{0,62}$/;
const backupIdPattern = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z-[0-9a-f]{8}$/;
const fileNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const dataFilePattern = /^(data|globals|fingerprint)-[0-9a-f]{6}\.[A-Za-z0-9.]+$/;
const markerPattern = /^(keep|tested|hold|unhold|reading|read|needs|deleting)\.[A-Za-z0-9.-]+\.json$/;

/**
 * The id of a backup: when its run started, in UTC, and eight hex digits of the run's id. The last eight, because
 * the first digits of some kinds of UUID are a clock.
 *
 * @throws RangeError when the start is no instant or the run id has fewer than eight hex digits: an internal fault
 */
export function backupIdOf(startIso: string, runId: string): string {
  const start = new Date(startIso);
  if (Number.isNaN(start.getTime())) throw new RangeError(`${startIso} is no instant`);
  const digits = runId.toLowerCase().replaceAll('-', '');
  if (!/^[0-9a-f]{8,}$/.test(digits)) throw new RangeError(`${runId} is no run id`);
  const stamp = `${start.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  return `${stamp}-${digits.slice(-8)}`;
}

/** Whether a text is the id of a backup, with a date that exists. */
export function isBackupId(text: string): boolean {
  return startOf(text) !== null;
}

/** When the run of a backup started, from its id alone; ISO 8601 in UTC, or null when the text is no backup id. */
export function startOf(backupId: string): string | null {
  const match = backupIdPattern.exec(backupId);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second] = match;
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  // A day that its month lacks, and 24:00, become the next day.
  return new Date(iso).getUTCDate() === Number(day) ? iso : null;
}

/**
 * The directory of a backup, with a slash at its end.
 *
 * @throws HoldfastError `bad-usage` when the source or the id has not the form of one
 */
export function directoryOf({ source, backupId }: BackupName): string {
  if (!sourcePattern.test(source))
    throw new HoldfastError('bad-usage', `"${source}" is not the name of a source.`, {
      hint: 'Names are lower-case letters, digits and hyphens.',
    });
  if (!isBackupId(backupId))
    throw new HoldfastError('bad-usage', `"${backupId}" is not the id of a backup.`, {
      hint: 'Ids look like 20261121T010000Z-1a2b3c4d; `holdfast backup list` shows them.',
    });
  return `${source}/${backupId.slice(0, 4)}/${backupId.slice(4, 6)}/${backupId.slice(6, 8)}/${backupId}/`;
}

/** The key of a file of a backup. */
export function keyOf(name: BackupName, file: string): string {
  if (!fileNamePattern.test(file)) throw new RangeError(`${file} is no file name`);
  return directoryOf(name) + file;
}

/** What a key means; null when it is not a file of a backup. */
export function parseKey(key: string): (BackupName & { file: string; kind: FileKind }) | null {
  const [source, year, month, day, backupId, file, ...rest] = key.split('/');
  if (source === undefined || backupId === undefined || file === undefined || rest.length > 0) return null;
  if (!sourcePattern.test(source) || !isBackupId(backupId)) return null;
  if (`${year}${month}${day}` !== backupId.slice(0, 8) || year?.length !== 4 || month?.length !== 2)
    return null;
  const kind = kindOf(file);
  return kind === null ? null : { source, backupId, file, kind };
}

/** What a file in the directory of a backup is; null when no file of a backup has such a name. */
export function kindOf(file: string): FileKind | null {
  if (!fileNamePattern.test(file)) return null;
  if (file === manifestName) return 'manifest';
  if (file === signatureName) return 'signature';
  if (file === restoreDocumentName) return 'restore-document';
  if (markerPattern.test(file)) return 'marker';
  return dataFilePattern.test(file) ? 'data' : 'unknown';
}

/** Six hex digits that tell one attempt at a backup from another, from the attempt's own random or unique id. */
export function attemptOf(hex: string): string {
  const digits = hex.toLowerCase().replaceAll('-', '');
  if (!/^[0-9a-f]{6,}$/.test(digits)) throw new RangeError(`${hex} has fewer than six hex digits`);
  return digits.slice(-6);
}

const extensionOf = { zstd: '.zst', gpg: '.gpg', 'gpg-symmetric': '.gpg' } as const;

/** What the pipeline adds to a stream. */
export type PipelineStage = keyof typeof extensionOf;

/**
 * The name of a data file: `data.dump` of attempt `1a2b3c`, compressed and encrypted, is `data-1a2b3c.dump.zst.gpg`.
 * The extensions say how to undo it, from right to left.
 */
export function fileNameOf(base: string, attempt: string, stages: readonly PipelineStage[]): string {
  const dot = base.indexOf('.');
  const name = `${base.slice(0, dot)}-${attempt}${base.slice(dot)}${stages.map((stage) => extensionOf[stage]).join('')}`;
  if (dot < 1 || !dataFilePattern.test(name)) throw new RangeError(`${name} is no name of a data file`);
  return name;
}

/** The name of a file once its encryption and compression are undone. */
export function plaintextNameOf(file: string): string {
  return file.replace(/\.gpg$/, '').replace(/\.zst$/, '');
}
