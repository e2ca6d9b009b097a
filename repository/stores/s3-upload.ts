import { createHash, type Hash } from 'node:crypto';
import { CreateMultipartUploadCommand, type S3Client, UploadPartCommand } from '@aws-sdk/client-s3';
import { HoldfastError } from '../../policy/errors.ts';
import type { Upload, UploadReceipt } from '../store.ts';
import { alreadyExists } from './refusals.ts';
import { completeUpload, receiptOf, type SentPart } from './s3-complete.ts';
import { integrityOf, withBodyHash } from './s3-integrity.ts';
import { abortUpload } from './s3-list.ts';
import { checkPartNumber, firstPartMetadata, type PartPlan, partSize, partsInFlight } from './s3-parts.ts';
import { putOnce, putOver, settingsOf } from './s3-put.ts';
import type { S3Session } from './s3-session.ts';
import { checkSignal } from './signal.ts';

/** A part being filled. Its hash grows with it, so that sending has no second pass over the bytes. */
type Part = { number: number; bytes: Buffer; filled: number; sha256: Hash };

/** Seconds for cleaning up after a signal that is long aborted. */
const abortSeconds = 60;

/**
 * One object on its way into a bucket. What fits into one part is one create-only put; more goes as a multipart
 * upload: a few parts at once, each from a buffer of its own from which it is repeated alone, and completed only by
 * `finish`. Buffers are used again and never come from Node's pool, so that memory stays flat.
 */
export class S3Upload implements Upload {
  readonly #session: S3Session;
  readonly #key: string;
  readonly #plan: PartPlan;
  readonly #replaces: boolean;
  readonly #record: boolean;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #sent: SentPart[] = [];
  #spare: Buffer[] = [];
  #part: Part | undefined;
  #parts = 0;
  #creating: Promise<string> | undefined;
  #failure: { error: unknown } | undefined;
  #ended = false;

  /**
   * @param replaces whether the object may take the place of one that has its key
   * @param record whether it must be readable at once, and so takes no storage class of data
   */
  constructor(
    session: S3Session,
    key: string,
    plan: PartPlan,
    signal: AbortSignal | undefined,
    { replaces = false, record = false }: { replaces?: boolean; record?: boolean } = {},
  ) {
    this.#replaces = replaces;
    this.#record = record;
    this.#session = session;
    this.#key = key;
    this.#plan = plan;
    this.#signal = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal]);
  }

  /** Begins the multipart upload before there are bytes for it. */
  async begin(): Promise<void> {
    this.#creating ??= this.#create();
    await this.#creating;
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let taken = 0; taken < chunk.length; ) {
      this.#checkOpen();
      this.#part ??= this.#nextPart();
      const part = this.#part;
      const piece = chunk.subarray(taken, taken + part.bytes.length - part.filled);
      part.bytes.set(piece, part.filled);
      part.sha256.update(piece);
      part.filled += piece.length;
      taken += piece.length;
      if (part.filled === part.bytes.length) await this.#dispatch(part);
    }
  }

  async finish(): Promise<UploadReceipt> {
    this.#checkOpen();
    if (this.#creating === undefined) return this.#finishSmall();
    const uploadId = await this.#creating;
    if (this.#part !== undefined) await this.#dispatch(this.#part);
    await Promise.all(this.#inFlight);
    this.#checkOpen();
    const parts = this.#sent.sort((left, right) => left.number - right.number);
    const target = { key: this.#key, uploadId, parts, replaces: this.#replaces };
    const receipt = await completeUpload(this.#session, target, { signal: this.#signal });
    this.#ended = true;
    return receipt;
  }

  async abort(): Promise<void> {
    this.#ended = true;
    const cutOff = this.#inFlight.size > 0;
    this.#stop.abort();
    await Promise.allSettled(this.#inFlight);
    const uploadId = await this.#creating?.catch(() => undefined);
    this.#creating = undefined;
    this.#spare = [];
    this.#part = undefined;
    if (uploadId === undefined) return;
    const upload = { wholeKey: this.#session.keyOf(this.#key), uploadId };
    // A part that was cut off here may still be stored there after the first removal.
    for (let round = 0; round < (cutOff ? 2 : 1); round += 1) {
      // A signal of its own: the one that ended the upload is aborted already.
      const signal = AbortSignal.timeout(abortSeconds * 1000);
      await abortUpload(this.#session, upload, { signal }).catch(() => undefined);
    }
  }

  /** Sends a full or the last part as soon as there is room; returns without waiting for its arrival. */
  async #dispatch(part: Part): Promise<void> {
    this.#part = undefined;
    this.#creating ??= this.#create();
    const uploadId = await this.#creating;
    while (this.#inFlight.size >= partsInFlight(part.bytes.length)) await Promise.race(this.#inFlight);
    this.#checkOpen();
    const sending = this.#send(part, uploadId)
      .catch((error: unknown) => {
        this.#failure ??= { error };
        this.#stop.abort();
      })
      .finally(() => this.#inFlight.delete(sending));
    this.#inFlight.add(sending);
  }

  async #send(part: Part, uploadId: string): Promise<void> {
    const { repository, timing } = this.#session;
    const body = part.bytes.subarray(0, part.filled);
    const sha256 = part.sha256.digest();
    const input = {
      Bucket: repository.bucket,
      Key: this.#session.keyOf(this.#key),
      UploadId: uploadId,
      PartNumber: part.number,
      Body: body,
      ...integrityOf(repository, body, sha256),
    };
    const { ETag } = await this.#session.call(
      `writing ${this.#key}`,
      (client, sending) => client.send(withBodyHash(new UploadPartCommand(input), sha256), sending),
      { signal: this.#signal, patience: timing.uploads },
    );
    if (ETag === undefined)
      throw new HoldfastError('service-unavailable', 'The service took a part without naming it.');
    this.#sent.push({ number: part.number, bytes: part.filled, etag: ETag, sha256 });
    this.#spare.push(part.bytes);
  }

  /**
   * Not stopped midway by the signal: an upload that was begun without our learning its id could not be removed.
   */
  #create(): Promise<string> {
    const { repository, timing } = this.#session;
    const command = new CreateMultipartUploadCommand({
      Bucket: repository.bucket,
      Key: this.#session.keyOf(this.#key),
      ...settingsOf(repository, !this.#record),
      Metadata: { [firstPartMetadata]: String(this.#plan.first) },
      ...(repository.checksums === 'when-supported' ? { ChecksumAlgorithm: 'SHA256' } : {}),
    });
    const begin = async (client: S3Client): Promise<string> => {
      const { UploadId } = await client.send(command);
      if (UploadId !== undefined) return UploadId;
      throw new HoldfastError('service-unavailable', 'The service gave the upload no id.');
    };
    const options = { signal: this.#signal, patience: timing.uploads };
    return this.#session.call(`writing ${this.#key}`, begin, options);
  }

  async #finishSmall(): Promise<UploadReceipt> {
    const body = this.#part?.bytes.subarray(0, this.#part.filled) ?? new Uint8Array(0);
    const settings = settingsOf(this.#session.repository, !this.#record);
    const options = { signal: this.#signal, patience: this.#session.timing.uploads };
    const put = this.#replaces ? putOver : putOnce;
    const outcome = await put(this.#session, this.#key, body, settings, options);
    if (outcome === 'exists') throw alreadyExists(this.#session.repository.name, this.#key);
    this.#ended = true;
    return receiptOf(this.#session, this.#key, body.length, options);
  }

  #nextPart(): Part {
    const number = this.#parts + 1;
    checkPartNumber(this.#plan, number, this.#session.repository.name);
    this.#parts = number;
    const size = partSize(this.#plan, number);
    this.#spare = this.#spare.filter((buffer) => buffer.length === size);
    const bytes = this.#spare.pop() ?? Buffer.allocUnsafeSlow(size);
    return { number, bytes, filled: 0, sha256: createHash('sha256') };
  }

  #checkOpen(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    checkSignal(this.#signal, `writing ${this.#key}`);
    if (this.#ended) throw new HoldfastError('interrupted', `The upload of ${this.#key} has ended already.`);
  }
}
