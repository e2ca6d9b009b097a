import { createHash, type Hash } from 'node:crypto';
import { type PartPlan, partSize } from './s3-parts.ts';

/** The hash of each part of an object, in one pass over its bytes and without keeping them. */
export class PartHashes {
  readonly #algorithm: 'sha256' | 'md5';
  readonly #plan: PartPlan;
  readonly #ended: Buffer[] = [];
  #hash: Hash;
  /** Bytes that the current part still takes. */
  #room: number;

  constructor(algorithm: 'sha256' | 'md5', plan: PartPlan) {
    this.#algorithm = algorithm;
    this.#plan = plan;
    this.#hash = createHash(algorithm);
    this.#room = partSize(plan, 1);
  }

  update(chunk: Uint8Array): void {
    let rest = chunk;
    while (rest.length > this.#room) {
      this.#hash.update(rest.subarray(0, this.#room));
      rest = rest.subarray(this.#room);
      this.#ended.push(this.#hash.digest());
      this.#hash = createHash(this.#algorithm);
      this.#room = partSize(this.#plan, this.#ended.length + 1);
    }
    this.#hash.update(rest);
    this.#room -= rest.length;
  }

  /** Of all parts, in order; ends the last one, so that nothing can follow. */
  digests(): Buffer[] {
    return [...this.#ended, this.#hash.digest()];
  }
}
