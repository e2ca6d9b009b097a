import { HoldfastError } from '../policy/errors.ts';
import type { Signer } from '../policy/resolved.ts';
import {
  type BackupName,
  type FileKind,
  keyOf,
  kindOf,
  manifestName,
  parseKey,
  repositoryMarkerKey,
  signatureName,
  startOf,
} from './layout.ts';
import { type Manifest, manifestSchema } from './manifest.ts';
import { jsonOf } from './marker.ts';
import { corruptCopy } from './reading.ts';
import { verifySignature } from './signing.ts';
import type { Store, StoredObject } from './store.ts';

/** What key names alone tell of a backup. */
export type BackupListing = BackupName & {
  /** Whether a manifest is there (law 1); it has not been read. */
  committed: boolean;
  /** When its run started; ISO 8601, UTC. */
  startedAt: string;
  files: { name: string; kind: FileKind; bytes: number }[];
  bytes: number;
  /** Bytes by storage class, of files whose class the service's listing tells. */
  classes: Record<string, number>;
  /** Names of marker files: kept as, tested on. */
  markers: string[];
  /** When its newest file was written. */
  modifiedAt: Date;
};

export type BackupQuery = {
  source?: string;
  /** Narrower than a source: the beginning of keys. */
  prefix?: string;
  /** Set where at least one committed backup must be there: none at all is then an error. */
  expectSome?: boolean;
};

/**
 * The backups of a repository from its listing, by source and then oldest first. The repository must have been opened
 * by `openRepository`.
 *
 * @throws HoldfastError `service-unavailable` when the listing is empty where it can't be (law 4), and what the store
 *   throws: a listing never ends early
 */
export async function listBackups(
  store: Store,
  query: BackupQuery = {},
  signal?: AbortSignal,
): Promise<BackupListing[]> {
  const prefix = query.prefix ?? (query.source === undefined ? '' : `${query.source}/`);
  const objects = await store.list(prefix, signal);
  const backups = backupsOf(objects);
  if (objects.length === 0) await requireTrueListing(store, signal);
  if (query.expectSome && !backups.some((backup) => backup.committed))
    throw new HoldfastError(
      'service-unavailable',
      `Repository ${store.name} lists no backup below "${prefix}", and there must be some.`,
      { hint: 'Nothing is decided on such a listing. Look into the repository before you go on.' },
    );
  return backups;
}

/**
 * An empty listing counts only from a store that lists what must be there.
 *
 * @throws HoldfastError `service-unavailable`
 */
export async function requireTrueListing(store: Store, signal?: AbortSignal): Promise<void> {
  const listed = await store.list(repositoryMarkerKey, signal);
  if (listed.some(({ key }) => key === repositoryMarkerKey)) return;
  throw new HoldfastError(
    'service-unavailable',
    `Repository ${store.name} lists nothing, not even its own marker.`,
    { hint: 'The listing does not count. Check the rights to list, and that the disk is mounted.' },
  );
}

/** Groups objects by the backup that their keys name; what is no file of a backup is left out. */
export function backupsOf(objects: Iterable<StoredObject>): BackupListing[] {
  const backups = new Map<string, BackupListing>();
  for (const object of objects) {
    const directory = object.key.slice(0, object.key.lastIndexOf('/'));
    const file = object.key.slice(directory.length + 1);
    const kind = kindOf(file);
    // What a directory's name says is read once, for all of its files.
    const backup = backups.get(directory) ?? emptyListing(object);
    if (backup === null || kind === null) continue;
    backups.set(directory, backup);
    backup.files.push({ name: file, kind, bytes: object.bytes });
    backup.bytes += object.bytes;
    if (object.storageClass !== undefined)
      backup.classes[object.storageClass] = (backup.classes[object.storageClass] ?? 0) + object.bytes;
    if (kind === 'manifest') backup.committed = true;
    if (kind === 'marker') backup.markers.push(file);
    if (object.modifiedAt > backup.modifiedAt) backup.modifiedAt = object.modifiedAt;
  }
  return [...backups.values()];
}

function emptyListing({ key, modifiedAt }: StoredObject): BackupListing | null {
  const parsed = parseKey(key);
  if (parsed === null) return null;
  const { source, backupId } = parsed;
  return {
    source,
    backupId,
    committed: false,
    startedAt: startOf(backupId) ?? '',
    files: [],
    bytes: 0,
    classes: {},
    markers: [],
    modifiedAt,
  };
}

/**
 * Reads a manifest, checks its signature, and that it belongs to where it lies.
 *
 * @throws HoldfastError `not-found` when the backup has none, `untrusted-signature` when it is unsigned, changed, or
 *   signed by a stranger, `corrupt-copy` when it is another backup's or can't be understood, and what the store throws
 */
export async function readManifest(
  store: Store,
  backup: BackupName,
  signers: readonly Signer[],
  signal?: AbortSignal,
): Promise<{ manifest: Manifest; signedBy: string }> {
  const key = keyOf(backup, manifestName);
  const [bytes, signature] = await Promise.all([
    store.get(key, signal),
    store.get(keyOf(backup, signatureName), signal),
  ]);
  if (bytes === null)
    throw new HoldfastError('not-found', `Repository ${store.name} has no backup ${backup.backupId}.`, {
      hint: 'See `holdfast backup list`; what has no manifest does not count as a backup.',
    });
  if (signature === null)
    throw new HoldfastError('untrusted-signature', `Repository ${store.name}: ${key} is not signed.`, {
      hint: 'Use another copy, and find out who removed the signature.',
    });
  const signedBy = await verifySignature(bytes, signature, signers, signal ? { signal } : {});
  return { manifest: understand(store, key, bytes, backup), signedBy };
}

function understand(store: Store, key: string, bytes: Uint8Array, backup: BackupName): Manifest {
  const manifest = manifestOf(bytes);
  if (manifest === null) throw corruptCopy(store, key, 'is no manifest that this version understands');
  if (manifest.source !== backup.source || manifest.backupId !== backup.backupId)
    throw corruptCopy(store, key, `is the manifest of ${manifest.source} ${manifest.backupId}`);
  return manifest;
}

/** The manifest that bytes hold, its signature unchecked; null when they hold none. */
export function manifestOf(bytes: Uint8Array): Manifest | null {
  return manifestSchema.safeParse(jsonOf(bytes)).data ?? null;
}
