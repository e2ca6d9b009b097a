import { randomBytes } from 'node:crypto';
import { beforeAll, beforeEach, expect } from '@jest/globals';
import type { S3Repository } from '../../../policy/resolved.ts';
import type { FaultProxy, S3Keys, S3Server } from '../../../tools/servers/index.ts';
import { keys, readAll } from '../../support/store-access.ts';
import {
  hastyStore,
  newBucket,
  repositoryAt,
  seaweedfsBehindProxy,
  unfinishedUploads,
} from '../s3-fixture.ts';

/** What a test breaks: a server behind a proxy, and a new bucket for each test. */
export type Faulty = {
  readonly server: S3Server;
  readonly proxy: FaultProxy;
  readonly bucket: string;
  /** The bucket as a repository, through the proxy. */
  repository(more?: Partial<S3Repository>, keysOf?: S3Keys): S3Repository;
  /** Expects that the bucket holds `body` under a key, and nothing else. */
  wholeAndAlone(key: string): Promise<void>;
};

/** Gives up soon. */
export const impatient = { seconds: 0.2, firstPause: 10, longestPause: 50 };

/** An object of several parts. */
export const body = randomBytes(40_000_000);

/** Starts the server before the tests of the file that calls it, and stops it after them. */
export function faultyBucket(): Faulty {
  const behind = seaweedfsBehindProxy();
  let server: S3Server;
  let proxy: FaultProxy;
  let bucket: string;
  beforeAll(() => {
    ({ server, proxy } = behind());
  });
  beforeEach(async () => {
    proxy.clear();
    proxy.log.length = 0;
    bucket = await newBucket(server);
  });
  const repository: Faulty['repository'] = (more = {}, keysOf = server.root) =>
    repositoryAt({ endpoint: proxy.endpoint, region: server.region }, bucket, keysOf, more);
  return {
    get server() {
      return server;
    },
    get proxy() {
      return proxy;
    },
    get bucket() {
      return bucket;
    },
    repository,
    wholeAndAlone: async (key) => {
      proxy.clear();
      const store = await hastyStore(repository());
      expect(Buffer.compare(await readAll(store, key), body)).toBe(0);
      expect(await keys(store, '')).toEqual([key]);
      expect(await unfinishedUploads(server, bucket)).toBe(0);
    },
  };
}
