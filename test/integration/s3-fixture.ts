import { randomBytes } from 'node:crypto';
import { CreateBucketCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import type { S3Repository } from '../../policy/resolved.ts';
import type { Store } from '../../repository/store.ts';
import { openStore, type S3Timing } from '../../repository/stores/index.ts';
import {
  type FaultProxy,
  type S3Keys,
  type S3Server,
  startFaultProxy,
  startSeaweedfs,
} from '../../tools/servers/index.ts';
import { bucketNamed } from '../support/repositories.ts';

/** Short waits, so that a test of patience takes no minutes. */
export const hasty: S3Timing = {
  idle: 2,
  uploads: { seconds: 20, firstPause: 20, longestPause: 200 },
  requests: { seconds: 10, firstPause: 20, longestPause: 200 },
};

/** An error as S3 says it. */
export const errorXml = (code: string, message = 'no') =>
  `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;

/** A client with all rights, past any proxy. */
export function rootClient(server: S3Server): S3Client {
  const { endpoint, region, root } = server;
  return new S3Client({ endpoint, region, credentials: root, forcePathStyle: true });
}

export async function newBucket(server: S3Server, lock = false): Promise<string> {
  const bucket = `b${randomBytes(6).toString('hex')}`;
  const client = rootClient(server);
  await client.send(new CreateBucketCommand({ Bucket: bucket, ObjectLockEnabledForBucket: lock }));
  client.destroy();
  return bucket;
}

export async function unfinishedUploads(server: S3Server, bucket: string): Promise<number> {
  const client = rootClient(server);
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  client.destroy();
  return Uploads.length;
}

let prefixes = 0;

/** Puts keys into the environment under a new name, and gives that name. */
export function inEnvironment(keys: S3Keys): string {
  prefixes += 1;
  const prefix = `HOLDFAST_TEST_${process.pid}_${prefixes}`;
  process.env[`${prefix}_ACCESS_KEY_ID`] = keys.accessKeyId;
  process.env[`${prefix}_SECRET_ACCESS_KEY`] = keys.secretAccessKey;
  return prefix;
}

export function repositoryAt(
  server: { endpoint: string; region: string },
  bucket: string,
  keys: S3Keys,
  more: Partial<S3Repository> = {},
): S3Repository {
  return bucketNamed(bucket, {
    awsRegion: server.region,
    endpoint: server.endpoint,
    credentials: { env: inEnvironment(keys) },
    ...more,
  });
}

export async function hastyStore(repository: S3Repository, more: Partial<S3Timing> = {}): Promise<Store> {
  return openStore(repository, { s3: { ...hasty, ...more } });
}

/** What a test of a bucket has: a server behind a proxy, and a bucket of its own. */
export type BucketScene = {
  readonly server: S3Server;
  readonly proxy: FaultProxy;
  /** With all rights, past the proxy. */
  readonly client: S3Client;
  /** Another one for each test; a test may put one of its own here. */
  bucket: string;
  /** The bucket as a repository, through the proxy. */
  repository(more?: Partial<S3Repository>, keysOf?: S3Keys): S3Repository;
};

type StartServer = () => Promise<S3Server>;

/** Starts a server before the tests that stand beside the call, and stops it after them. */
export function bucketBehindProxy({
  start = startSeaweedfs,
  lock = false,
}: {
  start?: StartServer;
  lock?: boolean;
} = {}): BucketScene {
  const behind = serverBehindProxy(start);
  let client: S3Client;
  let bucket: string;
  beforeAll(() => {
    client = rootClient(behind().server);
  });
  afterAll(() => client?.destroy());
  beforeEach(async () => {
    const { server, proxy } = behind();
    proxy.clear();
    proxy.log.length = 0;
    bucket = await newBucket(server, lock);
  });
  return {
    get server() {
      return behind().server;
    },
    get proxy() {
      return behind().proxy;
    },
    get client() {
      return client;
    },
    get bucket() {
      return bucket;
    },
    set bucket(other) {
      bucket = other;
    },
    repository: (more = {}, keysOf = behind().server.root) => {
      const { server, proxy } = behind();
      return repositoryAt({ endpoint: proxy.endpoint, region: server.region }, bucket, keysOf, more);
    },
  };
}

/** Runs a server behind a proxy as long as the tests that stand beside the call; they ask for both. */
export function serverBehindProxy(
  start: StartServer = startSeaweedfs,
): () => { server: S3Server; proxy: FaultProxy } {
  let server: S3Server;
  let proxy: FaultProxy;
  beforeAll(async () => {
    server = await start();
    proxy = await startFaultProxy(server.endpoint);
  });
  afterAll(async () => {
    await proxy?.stop();
    await server?.stop();
  });
  return () => ({ server, proxy });
}
