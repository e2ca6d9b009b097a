import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { S3Repository } from '../../../policy/resolved.ts';
import { madeOf } from '../../../repository/stores/s3-complete.ts';
import {
  checksumGiven,
  compositeChecksum,
  compositeETag,
  integrityOf,
  keptChecksum,
} from '../../../repository/stores/s3-integrity.ts';
import { bucketNamed } from '../../support/repositories.ts';

const repository = bucketNamed('b', { checksums: 'when-required' });
const body = Buffer.from('body');
const sha256 = createHash('sha256').update(body).digest();
const md5 = (data: string | Buffer) => createHash('md5').update(data).digest();

describe('a body', () => {
  it('goes with nothing extra where checksums are refused', () => {
    expect(integrityOf(repository, body, sha256)).toEqual({});
  });

  it('goes with the MD5 that S3 demands for a lock where checksums are refused', () => {
    const locked: S3Repository = { ...repository, lock: { mode: 'compliance', for: 1 } };
    expect(integrityOf(locked, body, sha256)).toEqual({ ContentMD5: md5(body).toString('base64') });
  });

  it('goes with its SHA-256 where that is supported', () => {
    const supported: S3Repository = { ...repository, checksums: 'when-supported' };
    expect(integrityOf(supported, body, sha256)).toEqual({ ChecksumSHA256: sha256.toString('base64') });
  });
});

describe('an object found after a lost answer', () => {
  const etags = ['a', 'b'].map((part) => `"${md5(part).toString('hex')}"`);
  const parts = etags.map((etag, index) => ({ number: index + 1, bytes: 1, etag, sha256 }));
  const ours = compositeETag(etags);

  it('is ours when size and checksum or ETag are those of our parts', () => {
    expect(ours).toBe(`${md5(Buffer.concat([md5('a'), md5('b')])).toString('hex')}-2`);
    expect(madeOf({ ContentLength: 2, ETag: `"${ours}"` }, parts)).toBe(true);
    expect(madeOf({ ContentLength: 2, ChecksumSHA256: compositeChecksum([sha256, sha256]) }, parts)).toBe(
      true,
    );
  });

  it("is another's when one of them is not", () => {
    expect(madeOf({ ContentLength: 3, ETag: `"${ours}"` }, parts)).toBe(false);
    expect(madeOf({ ContentLength: 2, ETag: `"${'0'.repeat(32)}-2"` }, parts)).toBe(false);
    expect(madeOf({ ContentLength: 2, ChecksumSHA256: compositeChecksum([sha256]) }, parts)).toBe(false);
  });

  it('is told by its size alone where ETags are no MD5s, as with KMS', () => {
    expect(compositeETag(['"opaque"'])).toBeNull();
    expect(madeOf({ ContentLength: 2, ETag: '"opaque"' }, parts)).toBe(true);
  });
});

describe('the checksum that a service keeps', () => {
  const etag = '0'.repeat(32);

  it('is its SHA-256 rather than an ETag, of the whole or of parts', () => {
    expect(keptChecksum({ ChecksumSHA256: 'abc=', ETag: `"${etag}"` })).toEqual({
      algorithm: 'sha256',
      text: 'abc=',
      parts: null,
    });
    expect(keptChecksum({ ChecksumSHA256: 'abc=-12' })).toMatchObject({ text: 'abc=-12', parts: 12 });
  });

  it('is an ETag that looks like MD5s where there is nothing else', () => {
    expect(keptChecksum({ ETag: `"${etag}"` })).toEqual({ algorithm: 'md5', text: etag, parts: null });
    expect(keptChecksum({ ETag: `"${etag}-3"`, ServerSideEncryption: 'AES256' })).toEqual({
      algorithm: 'md5',
      text: `${etag}-3`,
      parts: 3,
    });
  });

  it.each([
    ['no ETag', {}],
    ['an ETag of another form', { ETag: '"CKih16GjycICEAE="' }],
    ['a weak ETag', { ETag: `W/"${etag}"` }],
    ['a KMS key', { ETag: `"${etag}"`, ServerSideEncryption: 'aws:kms' as const }],
    ["a customer's key", { ETag: `"${etag}"`, SSECustomerAlgorithm: 'AES256' }],
  ])('is none with %s', (_what, found) => {
    expect(keptChecksum(found)).toBeNull();
  });

  it('is made of the hashes of parts, or is the hash itself', () => {
    const composite = { algorithm: 'sha256', text: '', parts: 2 } as const;
    expect(checksumGiven(composite, [sha256, sha256])).toBe(compositeChecksum([sha256, sha256]));
    const whole = { algorithm: 'md5', text: '', parts: null } as const;
    expect(checksumGiven(whole, [md5(body)])).toBe(md5(body).toString('hex'));
    expect(checksumGiven({ ...whole, parts: 1 }, [md5(body)])).toBe(`${md5(md5(body)).toString('hex')}-1`);
  });
});
