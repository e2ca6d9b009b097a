import { Readable } from 'node:stream';

/**
 * A stream from a function that gives the next bytes, or null at the end. `close` runs once, also when the stream is
 * destroyed before anything was read from it (an async generator's `finally` would not).
 */
export function readableOf(next: () => Promise<Uint8Array | null>, close: () => Promise<void>): Readable {
  return new Readable({
    highWaterMark: 256 * 1024,
    read() {
      next().then(
        (chunk) => this.push(chunk),
        (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
      );
    },
    destroy(error, done) {
      close().then(
        () => done(error),
        () => done(error),
      );
    },
  });
}
