import { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { HoldfastError } from '../../policy/errors.ts';
import { noSuchObject } from './refusals.ts';
import { S3Error } from './s3-errors.ts';
import type { S3Session } from './s3-session.ts';
import { checkSignal } from './signal.ts';

/** How often in a row a download may be cut without a single byte in between. */
const mostFruitless = 5;

/**
 * The bytes of one object, in order. A connection cut or silent midway is opened again from the next byte on, on the
 * condition that the object is still the same one (its ETag).
 */
export class S3Download {
  readonly #session: S3Session;
  readonly #key: string;
  readonly #signal: AbortSignal | undefined;
  readonly bytes: number;
  readonly #etag: string | undefined;
  #body: Readable;
  #chunks: AsyncIterator<unknown>;
  #offset = 0;
  #fruitless = 0;
  /** Cuts a connection that has been silent for too long while somebody waits for it; armed anew for each wait. */
  readonly #silence: NodeJS.Timeout;
  #waiting = false;
  readonly #cut = () => {
    if (this.#waiting) this.#body.destroy();
  };

  private constructor(session: S3Session, key: string, opened: Opened, signal: AbortSignal | undefined) {
    this.#session = session;
    this.#key = key;
    this.#signal = signal;
    this.bytes = opened.bytes;
    this.#etag = opened.etag;
    this.#body = opened.body;
    this.#chunks = opened.body[Symbol.asyncIterator]();
    this.#silence = setTimeout(this.#cut, session.timing.idle * 1000).unref();
    signal?.addEventListener('abort', this.#cut, { once: true });
  }

  /** @throws HoldfastError `not-found` when there is no such object. */
  static async open(session: S3Session, key: string, signal: AbortSignal | undefined): Promise<S3Download> {
    return new S3Download(session, key, await openBody(session, key, {}, signal), signal);
  }

  /** The next bytes; null when all have come. */
  async next(): Promise<Uint8Array | null> {
    for (;;) {
      checkSignal(this.#signal, `reading ${this.#key}`);
      const chunk = await this.#nextOfBody();
      if (chunk !== null) {
        this.#offset += chunk.length;
        this.#fruitless = 0;
        return chunk;
      }
      if (this.#offset === this.bytes) return null;
      await this.#resume();
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#silence);
    this.#signal?.removeEventListener('abort', this.#cut);
    this.#body.destroy();
  }

  /** The next bytes of this connection; null when it ended, whether by its end or by a cut. */
  async #nextOfBody(): Promise<Uint8Array | null> {
    this.#waiting = true;
    this.#silence.refresh();
    try {
      const step = await this.#chunks.next();
      return step.done !== true && step.value instanceof Uint8Array ? step.value : null;
    } catch {
      // What cut it does not matter: it is opened again, and that tells if it can't be.
      return null;
    } finally {
      this.#waiting = false;
    }
  }

  async #resume(): Promise<void> {
    checkSignal(this.#signal, `reading ${this.#key}`);
    this.#body.destroy();
    this.#fruitless += 1;
    if (this.#fruitless > mostFruitless || this.#etag === undefined)
      throw new HoldfastError(
        'unreachable',
        `Repository ${this.#session.repository.name}: reading ${this.#key} was cut at byte ${this.#offset}.`,
        { hint: 'Check the network between the worker and the store.' },
      );
    const range = { Range: `bytes=${this.#offset}-`, IfMatch: this.#etag };
    const opened = await openBody(this.#session, this.#key, range, this.#signal);
    this.#body = opened.body;
    this.#chunks = opened.body[Symbol.asyncIterator]();
  }
}

type Opened = { body: Readable; bytes: number; etag: string | undefined };

async function openBody(
  session: S3Session,
  key: string,
  range: { Range?: string; IfMatch?: string },
  signal: AbortSignal | undefined,
): Promise<Opened> {
  const input = { Bucket: session.repository.bucket, Key: session.keyOf(key), ...range };
  try {
    return await session.call(
      `reading ${key}`,
      async (client, sending) => {
        const answer = await client.send(new GetObjectCommand(input), sending);
        if (!(answer.Body instanceof Readable) || answer.ContentLength === undefined)
          throw new HoldfastError(
            'unreachable',
            `Reading ${key} gave an answer without a body or its length.`,
          );
        // A cut may come before anyone listens.
        answer.Body.on('error', () => undefined);
        return { body: answer.Body, bytes: answer.ContentLength, etag: answer.ETag };
      },
      { signal },
    );
  } catch (error) {
    if (error instanceof S3Error && error.service === 'NoSuchKey')
      throw noSuchObject(session.repository.name, key);
    if (error instanceof S3Error && error.status === 412)
      throw new HoldfastError(
        'corrupt-copy',
        `Repository ${session.repository.name}: ${key} was replaced while it was read.`,
        { hint: 'Holdfast never replaces an object: find out who did.' },
      );
    throw error;
  }
}
