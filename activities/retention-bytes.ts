/** Mantissa bits of a size: sizes up to 256 KiB are exact, larger ones to four millionths. */
const mantissa = 2 ** 18;

/** Bytes that are written one after another, into room that grows. */
export class ByteWriter {
  #bytes = new Uint8Array(4096);
  #length = 0;

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  /** A whole number from 0, in as many bytes as it needs. */
  count(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.byte((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  /** A size in three bytes: six bits say how often it was halved. */
  size(value: number): void {
    let exponent = 0;
    let rest = value;
    while (Math.round(rest) >= mantissa) {
      rest /= 2;
      exponent += 1;
    }
    const packed = exponent * mantissa + Math.round(rest);
    for (const shift of [65_536, 256, 1]) this.byte(Math.floor(packed / shift) % 256);
  }

  hex(digits: string): void {
    for (let at = 0; at < digits.length; at += 2) this.byte(Number.parseInt(digits.slice(at, at + 2), 16));
  }

  /** Other bytes, with their length before them. */
  block(bytes: Uint8Array): void {
    this.count(bytes.length);
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** Reads what a `ByteWriter` wrote, in the same order. @throws RangeError past the end: an internal fault */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  byte(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined) throw new RangeError('the bytes end early');
    this.#at += 1;
    return value;
  }

  count(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const next = this.byte();
      value += (next % 128) * scale;
      if (next < 128) return value;
    }
  }

  size(): number {
    const packed = this.byte() * 65_536 + this.byte() * 256 + this.byte();
    return (packed % mantissa) * 2 ** Math.floor(packed / mantissa);
  }

  hex(bytes: number): string {
    return Array.from({ length: bytes }, () => this.byte().toString(16).padStart(2, '0')).join('');
  }

  block(): Uint8Array {
    const length = this.count();
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    if (bytes.length < length) throw new RangeError('the bytes end early');
    this.#at += length;
    return bytes;
  }
}
