import { HoldfastError } from '../../policy/errors.ts';
import type { PutOutcome, Upload, UploadReceipt } from '../store.ts';
import { filesystemError } from './filesystem-errors.ts';
import { createPart, dropPart, type PartFile, publishPart } from './filesystem-files.ts';
import type { Place } from './filesystem-root.ts';
import { alreadyExists } from './refusals.ts';
import { checkSignal } from './signal.ts';

const bufferSize = 2 ** 20;
/** Written bytes go to the disk at least this often, so that a slow disk is felt here and not in the page cache. */
const syncEvery = 64 * 2 ** 20;

type Publish = (part: PartFile) => Promise<PutOutcome>;

/** A file being written beside its target. Two buffers: one is filled while the other is written. */
export class FilesystemUpload implements Upload {
  readonly #part: PartFile;
  readonly #publish: Publish;
  readonly #repository: string;
  readonly #key: string;
  readonly #signal: AbortSignal | undefined;
  #filling = Buffer.allocUnsafeSlow(bufferSize);
  #spare = Buffer.allocUnsafeSlow(bufferSize);
  #filled = 0;
  #bytes = 0;
  #unsynced = 0;
  #flushing: Promise<void> = Promise.resolve();
  #ended = false;

  private constructor(
    part: PartFile,
    repository: string,
    key: string,
    signal: AbortSignal | undefined,
    publish: Publish,
  ) {
    this.#part = part;
    this.#publish = publish;
    this.#repository = repository;
    this.#key = key;
    this.#signal = signal;
  }

  /**
   * @param publish how the finished file gets its name; absent: unless the name is taken
   * @throws a system error when the part file can't be made.
   */
  static async start(
    place: Place,
    key: string,
    signal: AbortSignal | undefined,
    publish: Publish = publishPart,
  ): Promise<FilesystemUpload> {
    return new FilesystemUpload(await createPart(place.root, key), place.repository, key, signal, publish);
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let taken = 0; taken < chunk.length; ) {
      this.#checkOpen();
      const piece = chunk.subarray(taken, taken + bufferSize - this.#filled);
      this.#filling.set(piece, this.#filled);
      this.#filled += piece.length;
      taken += piece.length;
      if (this.#filled === bufferSize) await this.#turnOver();
    }
  }

  async finish(): Promise<UploadReceipt> {
    this.#checkOpen();
    try {
      await this.#turnOver();
      await this.#flushing;
      await this.#part.file.sync();
      checkSignal(this.#signal, this.#what());
      await this.#part.file.close();
      this.#ended = true;
      const outcome = await this.#publish(this.#part);
      if (outcome === 'exists') throw alreadyExists(this.#repository, this.#key);
      return { bytes: this.#bytes };
    } catch (error) {
      throw filesystemError(error, this.#repository, this.#what());
    }
  }

  async abort(): Promise<void> {
    this.#ended = true;
    await this.#flushing.catch(() => undefined);
    await dropPart(this.#part);
  }

  /** Waits for the last flush, then starts one of what has been filled and goes on with the other buffer. */
  async #turnOver(): Promise<void> {
    try {
      await this.#flushing;
    } catch (error) {
      throw filesystemError(error, this.#repository, this.#what());
    }
    const full = this.#filling.subarray(0, this.#filled);
    [this.#filling, this.#spare] = [this.#spare, this.#filling];
    this.#filled = 0;
    this.#flushing = this.#flush(full);
    // The failure is thrown at the next turn; until then it must not count as unhandled.
    this.#flushing.catch(() => undefined);
  }

  async #flush(bytes: Buffer): Promise<void> {
    for (let written = 0; written < bytes.length; ) {
      written += (await this.#part.file.write(bytes, written)).bytesWritten;
    }
    this.#bytes += bytes.length;
    this.#unsynced += bytes.length;
    if (this.#unsynced < syncEvery) return;
    this.#unsynced = 0;
    await this.#part.file.datasync();
  }

  #checkOpen(): void {
    checkSignal(this.#signal, this.#what());
    if (this.#ended) throw new HoldfastError('interrupted', `${this.#what()} has ended already.`);
  }

  #what(): string {
    return `writing ${this.#key}`;
  }
}
