import { randomBytes } from 'node:crypto';
import { expect } from '@jest/globals';
import { keys, readAll } from '../../support/store-access.ts';
import { type BucketScene, bucketBehindProxy, hastyStore, unfinishedUploads } from '../s3-fixture.ts';

/** A bucket that a test breaks. */
export type Faulty = BucketScene & {
  /** Expects that the bucket holds `body` under a key, and nothing else. */
  wholeAndAlone(key: string): Promise<void>;
};

/** Gives up soon. */
export const impatient = { seconds: 0.2, firstPause: 10, longestPause: 50 };

/** An object of several parts. */
export const body = randomBytes(40_000_000);

/** As `bucketBehindProxy`. */
export function faultyBucket(): Faulty {
  const s3 = bucketBehindProxy();
  return Object.assign(s3, {
    wholeAndAlone: async (key: string) => {
      s3.proxy.clear();
      const store = await hastyStore(s3.repository());
      expect(Buffer.compare(await readAll(store, key), body)).toBe(0);
      expect(await keys(store, '')).toEqual([key]);
      expect(await unfinishedUploads(s3.server, s3.bucket)).toBe(0);
    },
  });
}
