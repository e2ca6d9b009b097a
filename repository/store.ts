import type { Readable } from 'node:stream';

/** One object of a store. Keys are relative to the repository, `/` between segments, never `//`, never a leading slash. */
export type StoredObject = {
  key: string;
  bytes: number;
  modifiedAt: Date;
  /** Where the service's listing tells it: `STANDARD`, `DEEP_ARCHIVE`. */
  storageClass?: string;
};

export type PutOutcome = 'created' | 'exists';

/** A finished upload: the bytes that the store acknowledged, and the service's own checksum where it gives one. */
export type UploadReceipt = { bytes: number; serviceChecksum?: string };

/**
 * One large object being written. Exactly one of `finish` and `abort` ends it; before `finish` resolves nothing is
 * visible under its key (law 1).
 */
export interface Upload {
  /** Takes the next bytes and resolves when there is room for more: this is the backpressure. The store copies what it keeps. */
  write(chunk: Uint8Array): Promise<void>;
  /** Makes the object visible, durably. Never replaces one that exists: `already-exists`. */
  finish(): Promise<UploadReceipt>;
  /** Leaves nothing behind, as far as the store allows. Never throws; safe to call twice and after a failure. */
  abort(): Promise<void>;
}

/** The checksum that a service keeps of an object, ready to be compared with the object's bytes as they flow. */
export interface ServiceChecksum {
  /** Takes the next bytes, in order. */
  update(chunk: Uint8Array): void;
  /**
   * After the last byte: whether the service's checksum is that of the bytes taken.
   *
   * @param sha256 of all bytes, in hex, so that what is known already is not hashed twice
   */
  compare(sha256: string): Promise<ChecksumComparison>;
}

export type ChecksumComparison =
  | { outcome: 'same' }
  /** It turned out not to be a checksum that the bytes give. */
  | { outcome: 'not-comparable' }
  /** What the service keeps, and what the bytes give: `sha256:…`. */
  | { outcome: 'differs'; kept: string; given: string };

/** One thing that a probe found out about what a store really does, as `doctor` prints it. */
export type ProbeFinding = {
  check:
    | 'reachable'
    | 'writable'
    | 'create-only'
    | 'read-back'
    | 'lock'
    | 'versions'
    | 'checksums'
    | 'delete'
    | 'removal'
    | 'free-space';
  outcome: 'yes' | 'no' | 'unknown';
  /** Whether the outcome is what the policy needs. */
  fault: boolean;
  sentence: string;
};

/** One version of an object, or a delete marker that hides the older ones. A store without versions has one of each. */
export type StoredVersion = {
  key: string;
  /** Null where the store keeps no versions. */
  versionId: string | null;
  kind: 'object' | 'delete-marker';
  latest: boolean;
  bytes: number;
};

/**
 * What became of one version that was to be removed. `gone`: it was not there any more. `failed`: the service did not
 * manage it now, and may later.
 */
export type Removal = StoredVersion & {
  outcome: 'removed' | 'gone' | 'locked' | 'denied' | 'failed';
  /** Set with `locked`, where the store tells the day. */
  lockedUntil?: Date;
  /** Why it is still there. */
  sentence?: string;
};

/** What holds an object against deletion. */
export type Lock = { until: Date | null; legalHold: boolean };

/**
 * A place for copies. Every kind passes the one conformance suite in `test/integration/store-conformance.ts`.
 * Errors are `HoldfastError`: `unreachable`, `service-unavailable`, `credentials-expired` and `disk-full` may pass;
 * `access-denied`, `authentication-failed` and `not-found` (bucket or directory) need a person.
 */
export interface Store {
  readonly name: string;
  readonly kind: 'filesystem' | 's3';
  /** Requests that the service was sent since the store was opened; 0 where there is no service. */
  readonly requests: number;
  /**
   * Every object whose key starts with the prefix, in key order; some 200 bytes of memory each. A listing that can't be
   * completed throws, so that nobody decides from a part of it (law 4).
   */
  list(prefix: string, signal?: AbortSignal): Promise<StoredObject[]>;
  /** The keys alone: cheaper where each object must be asked for its size. Throws when it can't be completed. */
  listKeys(prefix: string, signal?: AbortSignal): AsyncIterable<string>;
  /**
   * Names of the "directories" directly below a prefix that ends in `/` (or is empty), in order, without slashes. Some
   * services still name one shortly after its last object went.
   */
  listFolders(prefix: string, signal?: AbortSignal): Promise<string[]>;
  /** A small object, create-only and atomic: of any number of racing writers one gets `created`. */
  putIfAbsent(key: string, body: Uint8Array, signal?: AbortSignal): Promise<PutOutcome>;
  /**
   * Proves that writing is allowed without leaving anything: begins an upload and takes it back. Cheap enough for
   * every preflight; throws like `startUpload`.
   */
  checkWritable(signal?: AbortSignal): Promise<void>;
  /** `expectedBytes` lets a store that cuts uploads into parts choose their size; it need not be right. */
  startUpload(key: string, signal?: AbortSignal, hint?: { expectedBytes?: number }): Promise<Upload>;
  /**
   * As `startUpload`, for healing a copy that was found bad, and for nothing else: finishing puts the bytes in the place of
   * what the key holds, durably and at once; until then readers get the old ones. A store with versions keeps the older
   * one, as long as its lock lasts. A `record` (a manifest, and what else is read before the data) goes where it can be read
   * at once, whatever storage class data takes.
   */
  startReplacement(
    key: string,
    signal?: AbortSignal,
    hint?: { expectedBytes?: number; record?: boolean },
  ): Promise<Upload>;
  /** The bytes of an object as a stream that resumes after a cut connection. `not-found` when there is none. */
  read(key: string, signal?: AbortSignal): Promise<Readable>;
  /** A small object whole; null when there is none. Refuses one larger than 64 MiB. */
  get(key: string, signal?: AbortSignal): Promise<Uint8Array | null>;
  /** As `get` for each of many keys, in their order, and cheaper. Their bytes together are held in memory. */
  getMany(keys: readonly string[], signal?: AbortSignal): Promise<(Uint8Array | null)[]>;
  /** Size and, where the service has one, its checksum of the whole object; null when there is none. */
  head(
    key: string,
    signal?: AbortSignal,
  ): Promise<{ bytes: number; serviceChecksum?: string; lockedUntil?: Date } | null>;
  /** The service's own checksum of an object; null where it keeps none that its bytes could be compared with. */
  checksumOf(key: string, signal?: AbortSignal): Promise<ServiceChecksum | null>;
  /** Removes an object; for debris only. `access-denied` where it is locked or the user may not delete. */
  remove(key: string, signal?: AbortSignal): Promise<void>;
  /** Removes what unfinished uploads older than the given age left behind; how many there were. */
  sweepUnfinished(olderThanSeconds: number, signal?: AbortSignal): Promise<{ removed: number; kept: number }>;
  /** Free bytes where the store has an end; null where it has none. */
  freeBytes(signal?: AbortSignal): Promise<number | null>;
  /** Bytes that the place has in all, used and free, where it has an end; null where it has none. */
  sizeBytes(signal?: AbortSignal): Promise<number | null>;
  /** Every version and delete marker whose key starts with the prefix. Throws like `list` when it can't be completed. */
  listVersions(prefix: string, signal?: AbortSignal): AsyncIterable<StoredVersion>;
  /**
   * Removes versions for good, for expiry and approved deletion only; what became of each, in the order given. Throws
   * only when nothing more can be tried.
   */
  removeVersions(versions: readonly StoredVersion[], signal?: AbortSignal): Promise<Removal[]>;
  /**
   * What holds a version of an object, the newest unless one is named, against deletion; null where the store has no
   * locks. `access-denied` when it may not be asked: nothing is decided then (law 4).
   */
  lockOf(key: string, signal?: AbortSignal, versionId?: string): Promise<Lock | null>;
  /** Locks an object at least until an instant, never shorter than it is; `unsupported` where the repository has no lock. */
  extendLock(key: string, until: Date, signal?: AbortSignal): Promise<'extended' | 'already' | 'unsupported'>;
  /** Moves an object to another storage class; its bytes, its lock and its checksum stay. */
  setStorageClass(
    key: string,
    storageClass: string,
    signal?: AbortSignal,
  ): Promise<'moved' | 'already' | 'unsupported'>;
  /** Whether an object can be read now, or an archive has to bring it back first. `not-found` when there is none. */
  isReadable(key: string, signal?: AbortSignal): Promise<boolean>;
  /** Whether an object can be read now; asks an archive to bring it back for so many days when it can't. */
  thaw(key: string, days: number, signal?: AbortSignal): Promise<'readable' | 'requested' | 'under-way'>;
  /** Finds out by trying what the store really does. Leaves at most one small object under `_probe/`. */
  probe(signal?: AbortSignal): Promise<ProbeFinding[]>;
  close(): void;
}
