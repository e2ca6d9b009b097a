import { Worker } from 'node:worker_threads';
import { HoldfastError } from '../../policy/errors.ts';

/**
 * What the thread runs. As text, so that it is the same from the sources and from dist/. It answers with all bytes in
 * one buffer, which is handed over without a copy, and their lengths; -1 is a file that is not there.
 */
const program = `
const { parentPort } = require('node:worker_threads');
const { closeSync, fstatSync, openSync, readSync } = require('node:fs');
function read(path, limit) {
  let file;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
  try {
    const { size } = fstatSync(file);
    if (size > limit) throw Object.assign(new Error('too large'), { code: 'too-large' });
    const body = Buffer.allocUnsafe(size);
    let filled = 0;
    while (filled < size) {
      const got = readSync(file, body, filled, size - filled, filled);
      if (got === 0) break;
      filled += got;
    }
    return body.subarray(0, filled);
  } finally {
    closeSync(file);
  }
}
parentPort.on('message', ({ id, paths, limit }) => {
  let at = '';
  try {
    const bodies = paths.map((path) => read((at = path), limit));
    const found = bodies.filter((body) => body !== null);
    const whole = new Uint8Array(found.reduce((sum, body) => sum + body.length, 0));
    let end = 0;
    for (const body of found) {
      whole.set(body, end);
      end += body.length;
    }
    const lengths = bodies.map((body) => (body === null ? -1 : body.length));
    parentPort.postMessage({ id, lengths, whole }, [whole.buffer]);
  } catch (error) {
    parentPort.postMessage({ id, path: at, code: error.code ?? 'unknown' });
  }
});
`;

type Answer =
  | { id: number; lengths: number[]; whole: Uint8Array }
  | { id: number; path: string; code: string };

/** A file that could not be read, with the system's code for why. */
export type ReadFault = { path: string; code: string };

/**
 * Reads many small files in a thread of its own, with calls that block it. In the main thread each file would take four
 * trips through the event loop, ten times as long as the reading; and blocking that one would stop every heartbeat.
 */
export class SmallFileReader {
  readonly #thread = new Worker(program, { eval: true });
  readonly #waiting = new Map<number, { answer(answer: Answer): void; fail(error: Error): void }>();
  #asked = 0;

  constructor() {
    this.#thread.unref();
    this.#thread.on('message', (answer: Answer) => this.#waiting.get(answer.id)?.answer(answer));
    this.#thread.on('error', (error) => this.#failAll(error));
    this.#thread.on('exit', () => this.#failAll(new HoldfastError('interrupted', 'Reading was stopped.')));
  }

  /** The files' bytes in the order of the paths, null for each that is not there; or the first that can't be read. */
  async read(paths: readonly string[], limit: number): Promise<(Uint8Array | null)[] | ReadFault> {
    this.#asked += 1;
    const id = this.#asked;
    const answered = new Promise<Answer>((answer, fail) => this.#waiting.set(id, { answer, fail }));
    this.#thread.ref();
    this.#thread.postMessage({ id, paths, limit });
    try {
      const answer = await answered;
      return 'code' in answer ? { path: answer.path, code: answer.code } : parted(answer);
    } finally {
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) this.#thread.unref();
    }
  }

  close(): void {
    void this.#thread.terminate();
  }

  #failAll(error: Error): void {
    for (const { fail } of this.#waiting.values()) fail(error);
  }
}

function parted({ lengths, whole }: { lengths: number[]; whole: Uint8Array }): (Uint8Array | null)[] {
  let end = 0;
  return lengths.map((length) => {
    if (length < 0) return null;
    end += length;
    return whole.subarray(end - length, end);
  });
}
