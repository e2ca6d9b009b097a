import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PartHashes } from '../../../repository/stores/s3-part-hashes.ts';

const body = randomBytes(1000);
const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

function hashed(first: number, bytes: Uint8Array, chunk: number): Buffer[] {
  const hashes = new PartHashes('sha256', { first, grows: false });
  for (let start = 0; start < bytes.length; start += chunk)
    hashes.update(bytes.subarray(start, start + chunk));
  return hashes.digests();
}

describe('the hashes of parts', () => {
  it('are those of the pieces, whatever the chunks that they come in', () => {
    const sizes = fc.integer({ min: 1, max: 1200 });
    fc.assert(
      fc.property(sizes, sizes, fc.integer({ min: 1, max: body.length }), (part, chunk, length) => {
        const bytes = body.subarray(0, length);
        const pieces = Array.from({ length: Math.ceil(length / part) }, (_, index) =>
          bytes.subarray(index * part, (index + 1) * part),
        );
        expect(hashed(part, bytes, chunk)).toEqual(pieces.map(hashOf));
      }),
    );
  });

  it('follow parts that grow', () => {
    const hashes = new PartHashes('md5', { first: 1, grows: true });
    hashes.update(Buffer.alloc(1004, 'x'));
    const digests = hashes.digests();
    expect(digests).toHaveLength(1002);
    expect(digests[999]).toEqual(createHash('md5').update('x').digest());
    expect(digests[1000]).toEqual(createHash('md5').update('xx').digest());
  });

  it('of no byte at all are one', () => {
    expect(hashed(10, new Uint8Array(0), 1)).toEqual([hashOf(new Uint8Array(0))]);
  });
});
