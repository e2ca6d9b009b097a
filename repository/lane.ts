import { HoldfastError } from '../policy/errors.ts';
import type { Store, Upload, UploadReceipt } from './store.ts';

/** Where one copy of a stream goes. `name` is the repository's. */
export type CopyTarget = { name: string; store: Store; key: string };

export type LaneOptions = {
  stallSeconds: number;
  signal: AbortSignal;
  /** Called once, when the copy is given up. */
  onDrop(): void;
  /** Helps a store to choose the size of its parts; need not be right. */
  expectedBytes?: number;
};

/** Bytes that may wait for one copy, so that short pauses of one don't hold up the others. */
const queueLimit = 8 * 2 ** 20;
/** Finishing sends what is left and makes it durable: that may take longer than any chunk. */
const finishSeconds = 900;
/** How long a dropped copy may take to clear up before we go on without it. */
const clearSeconds = 30;

/**
 * One copy being written: a bounded queue in front of an upload. It fails alone: an error, or no byte accepted for
 * `stallSeconds`, drops it and leaves the other copies be.
 */
export class Lane {
  readonly target: CopyTarget;
  readonly #stallSeconds: number;
  readonly #expected: { expectedBytes?: number };
  readonly #own = new AbortController();
  readonly #signal: AbortSignal;
  readonly #onDrop: () => void;
  #queue: Uint8Array[] = [];
  #queued = 0;
  #accepted = 0;
  #upload: Upload | undefined;
  #error: HoldfastError | undefined;
  #cleared: Promise<void> = Promise.resolve();
  #pumping = false;
  #waiters: (() => void)[] = [];

  constructor(target: CopyTarget, options: LaneOptions) {
    this.target = target;
    this.#stallSeconds = options.stallSeconds;
    this.#signal = AbortSignal.any([options.signal, this.#own.signal]);
    this.#onDrop = options.onDrop;
    this.#expected = options.expectedBytes === undefined ? {} : { expectedBytes: options.expectedBytes };
  }

  /** Why the copy was dropped; undefined while it lives. */
  get error(): HoldfastError | undefined {
    return this.#error;
  }

  /** Bytes that the store has taken. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Starts the upload; a failure drops the lane. */
  async open(): Promise<void> {
    const starting = this.#start();
    try {
      this.#upload = await this.#guard(starting, this.#stallSeconds);
    } catch (error) {
      // An upload that starts after we gave up on it must not stay.
      starting.then((late) => late.abort()).catch(() => undefined);
      this.drop(error);
    }
  }

  /** Queues bytes; nothing happens once dropped. The caller waits for `room` first. */
  push(chunk: Uint8Array): void {
    if (this.#error !== undefined) return;
    this.#queue.push(chunk);
    this.#queued += chunk.length;
    if (!this.#pumping) void this.#pump();
  }

  /** Resolves when the queue has room, or the lane was dropped. */
  async room(): Promise<void> {
    while (this.#error === undefined && this.#queued >= queueLimit) await this.#change();
  }

  /** Resolves when the store has taken everything, or the lane was dropped. */
  async drained(): Promise<void> {
    while (this.#error === undefined && this.#queued > 0) await this.#change();
  }

  /** Makes the copy's file visible; null when the lane was dropped or is dropped by this. */
  async finish(): Promise<UploadReceipt | null> {
    if (this.#error !== undefined || this.#upload === undefined) return null;
    try {
      return await this.#guard(this.#upload.finish(), Math.max(finishSeconds, this.#stallSeconds));
    } catch (error) {
      this.drop(error);
      return null;
    }
  }

  /** Gives the copy up: nothing of it becomes visible. Only the first reason counts. */
  drop(reason: unknown): void {
    if (this.#error !== undefined) return;
    this.#error = asHoldfastError(reason, this.target.name);
    this.#queue = [];
    this.#queued = 0;
    this.#own.abort();
    if (this.#upload !== undefined) this.#cleared = this.#upload.abort();
    this.#wake();
    this.#onDrop();
  }

  /** Resolves when a dropped copy has cleared up after itself, or takes too long to. Never rejects. */
  async cleared(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const impatience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, clearSeconds * 1000);
    });
    await Promise.race([this.#cleared.catch(() => undefined), impatience]);
    clearTimeout(timer);
  }

  async #start(): Promise<Upload> {
    return this.target.store.startUpload(this.target.key, this.#signal, this.#expected);
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    try {
      while (this.#upload !== undefined && this.#error === undefined) {
        const chunk = this.#queue.shift();
        if (chunk === undefined) break;
        await this.#guard(this.#upload.write(chunk), this.#stallSeconds);
        this.#queued -= chunk.length;
        this.#accepted += chunk.length;
        this.#wake();
      }
    } catch (error) {
      this.drop(error);
    } finally {
      this.#pumping = false;
    }
  }

  /** The operation's result, unless it takes too long or the lane is given up meanwhile. */
  #guard<T>(operation: Promise<T>, seconds: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const { name } = this.target;
      const onAbort = () =>
        reject(new HoldfastError('interrupted', `Writing to repository ${name} was stopped.`));
      const onExpiry = () =>
        reject(
          new HoldfastError('stalled', `Repository ${name} accepted no byte for ${seconds} seconds.`, {
            hint: 'The copy was dropped from this run and is made up from a good one.',
          }),
        );
      const timer = setTimeout(onExpiry, seconds * 1000);
      if (this.#signal.aborted) onAbort();
      this.#signal.addEventListener('abort', onAbort, { once: true });
      operation.then(resolve, reject).finally(() => {
        clearTimeout(timer);
        this.#signal.removeEventListener('abort', onAbort);
      });
    });
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }
}

function asHoldfastError(reason: unknown, repository: string): HoldfastError {
  if (reason instanceof HoldfastError) return reason;
  const said = reason instanceof Error ? reason.message : String(reason);
  return new HoldfastError('service-unavailable', `Repository ${repository} failed: ${said}`, {
    cause: reason,
  });
}
