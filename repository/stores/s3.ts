import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { S3Repository } from '../../policy/resolved.ts';
import { inFlight } from '../in-flight.ts';
import type {
  Lock,
  ProbeFinding,
  PutOutcome,
  Removal,
  ServiceChecksum,
  Store,
  StoredObject,
  StoredVersion,
} from '../store.ts';
import { checkFolder, checkKey, checkPrefix } from './keys.ts';
import { readableOf } from './readable.ts';
import { smallObjectLimit, tooLarge } from './refusals.ts';
import { checksumOf } from './s3-checksum.ts';
import { setStorageClass } from './s3-class.ts';
import { serviceChecksum } from './s3-integrity.ts';
import { abortUploadsBefore, listCommonPrefixes, listObjects } from './s3-list.ts';
import { extendLock, holdOf } from './s3-lock.ts';
import { headObject, removeObject } from './s3-objects.ts';
import { planParts, wantsEqualParts } from './s3-parts.ts';
import { probeS3 } from './s3-probe.ts';
import { probeRemoval } from './s3-probe-removal.ts';
import { putOnce, settingsOf } from './s3-put.ts';
import { S3Download } from './s3-read.ts';
import { removeVersions } from './s3-remove.ts';
import { defaultTiming, S3Session, type S3Timing } from './s3-session.ts';
import { isReadable, thaw } from './s3-thaw.ts';
import { S3Upload } from './s3-upload.ts';
import { listVersions } from './s3-versions.ts';

const readsAtOnce = 32;

/** Copies as objects of a bucket, on Amazon S3 and on stores that speak its protocol. */
export class S3Store implements Store {
  readonly kind = 's3';
  readonly name: string;
  readonly #session: S3Session;

  private constructor(session: S3Session) {
    this.name = session.repository.name;
    this.#session = session;
  }

  /** @throws HoldfastError `bad-policy` when `caFile` can't be read. */
  static async open(repository: S3Repository, timing: Partial<S3Timing> = {}): Promise<S3Store> {
    return new S3Store(await S3Session.open(repository, { ...defaultTiming, ...timing }));
  }

  get requests(): number {
    return this.#session.requests;
  }

  async list(prefix: string, signal?: AbortSignal): Promise<StoredObject[]> {
    checkPrefix(prefix);
    return listObjects(this.#session, prefix, { signal });
  }

  async *listKeys(prefix: string, signal?: AbortSignal): AsyncGenerator<string> {
    for (const { key } of await this.list(prefix, signal)) yield key;
  }

  async listFolders(prefix: string, signal?: AbortSignal): Promise<string[]> {
    checkFolder(prefix);
    return listCommonPrefixes(this.#session, prefix, { signal });
  }

  async putIfAbsent(key: string, body: Uint8Array, signal?: AbortSignal): Promise<PutOutcome> {
    checkKey(key);
    return putOnce(this.#session, key, body, settingsOf(this.#session.repository, false), { signal });
  }

  async checkWritable(signal?: AbortSignal): Promise<void> {
    const upload = await this.startUpload(`_probe/writable-${randomBytes(4).toString('hex')}`, signal);
    try {
      await upload.begin();
    } finally {
      await upload.abort();
    }
  }

  async startUpload(
    key: string,
    signal?: AbortSignal,
    hint: { expectedBytes?: number } = {},
  ): Promise<S3Upload> {
    checkKey(key);
    const equalParts = wantsEqualParts(this.#session.repository.endpoint);
    return new S3Upload(this.#session, key, planParts({ ...hint, equalParts }), signal);
  }

  async startReplacement(
    key: string,
    signal?: AbortSignal,
    { record = false, ...hint }: { expectedBytes?: number; record?: boolean } = {},
  ): Promise<S3Upload> {
    checkKey(key);
    const equalParts = wantsEqualParts(this.#session.repository.endpoint);
    const plan = planParts({ ...hint, equalParts });
    return new S3Upload(this.#session, key, plan, signal, { replaces: true, record });
  }

  async read(key: string, signal?: AbortSignal): Promise<Readable> {
    checkKey(key);
    const download = await S3Download.open(this.#session, key, signal);
    return readableOf(
      () => download.next(),
      () => download.close(),
    );
  }

  async get(key: string, signal?: AbortSignal): Promise<Uint8Array | null> {
    checkKey(key);
    const found = await headObject(this.#session, key, { signal });
    if (found === null) return null;
    if ((found.ContentLength ?? 0) > smallObjectLimit) throw tooLarge(this.name, key);
    const download = await S3Download.open(this.#session, key, signal);
    try {
      const chunks: Uint8Array[] = [];
      for (let chunk = await download.next(); chunk !== null; chunk = await download.next())
        chunks.push(chunk);
      return Buffer.concat(chunks);
    } finally {
      await download.close();
    }
  }

  async getMany(keys: readonly string[], signal?: AbortSignal): Promise<(Uint8Array | null)[]> {
    const bodies: (Uint8Array | null)[] = [];
    for await (const body of inFlight(keys, readsAtOnce, (key) => this.get(key, signal))) bodies.push(body);
    return bodies;
  }

  async head(
    key: string,
    signal?: AbortSignal,
  ): Promise<{ bytes: number; serviceChecksum?: string; lockedUntil?: Date } | null> {
    checkKey(key);
    const found = await headObject(this.#session, key, { signal });
    if (found === null) return null;
    const checksum = serviceChecksum(found);
    return {
      bytes: found.ContentLength ?? 0,
      ...(checksum === undefined ? {} : { serviceChecksum: checksum }),
      ...(found.ObjectLockRetainUntilDate === undefined
        ? {}
        : { lockedUntil: found.ObjectLockRetainUntilDate }),
    };
  }

  async checksumOf(key: string, signal?: AbortSignal): Promise<ServiceChecksum | null> {
    checkKey(key);
    return checksumOf(this.#session, key, { signal });
  }

  async remove(key: string, signal?: AbortSignal): Promise<void> {
    checkKey(key);
    await removeObject(this.#session, key, { signal });
  }

  async sweepUnfinished(
    olderThanSeconds: number,
    signal?: AbortSignal,
  ): Promise<{ removed: number; kept: number }> {
    return abortUploadsBefore(this.#session, Date.now() - olderThanSeconds * 1000, { signal });
  }

  async freeBytes(): Promise<null> {
    return null;
  }

  async sizeBytes(): Promise<null> {
    return null;
  }

  async *listVersions(prefix: string, signal?: AbortSignal): AsyncGenerator<StoredVersion> {
    checkPrefix(prefix);
    yield* await listVersions(this.#session, prefix, { signal });
  }

  async removeVersions(versions: readonly StoredVersion[], signal?: AbortSignal): Promise<Removal[]> {
    for (const { key } of versions) checkKey(key);
    return removeVersions(this.#session, versions, { signal });
  }

  async lockOf(key: string, signal?: AbortSignal, versionId?: string): Promise<Lock | null> {
    checkKey(key);
    const held = await holdOf(this.#session, key, versionId, { signal });
    return held && { until: held.until, legalHold: held.legalHold };
  }

  async extendLock(
    key: string,
    until: Date,
    signal?: AbortSignal,
  ): Promise<'extended' | 'already' | 'unsupported'> {
    checkKey(key);
    return extendLock(this.#session, key, until, { signal });
  }

  async setStorageClass(
    key: string,
    storageClass: string,
    signal?: AbortSignal,
  ): Promise<'moved' | 'already' | 'unsupported'> {
    checkKey(key);
    return setStorageClass(this.#session, key, storageClass, { signal });
  }

  async isReadable(key: string, signal?: AbortSignal): Promise<boolean> {
    checkKey(key);
    return isReadable(this.#session, key, { signal });
  }

  async thaw(
    key: string,
    days: number,
    signal?: AbortSignal,
  ): Promise<'readable' | 'requested' | 'under-way'> {
    checkKey(key);
    return thaw(this.#session, key, days, { signal });
  }

  async probe(signal?: AbortSignal): Promise<ProbeFinding[]> {
    const findings = await probeS3(this.#session, signal);
    const useless = findings.some(
      ({ check, fault }) => fault && (check === 'reachable' || check === 'writable'),
    );
    if (useless) return findings;
    return [...findings, ...(await probeRemoval(this.#session, signal))];
  }

  close(): void {
    this.#session.close();
  }
}
