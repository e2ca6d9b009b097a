import { randomBytes } from 'node:crypto';
import { CreateBucketCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';

export type S3Keys = { accessKeyId: string; secretAccessKey: string };

export type S3Options = {
  /** Created at the start; `lock` turns object lock, and with it versions, on. */
  buckets?: { name: string; lock?: boolean }[];
  port?: number;
  /** Where its data is kept; a temporary directory when absent. */
  directory?: string;
};

export type S3Server = {
  endpoint: string;
  region: string;
  /** May do everything. */
  root: S3Keys;
  /** May write, read and list; may neither delete nor get around a retention. */
  writer: S3Keys;
  stop(): Promise<void>;
  /** SIGKILL; the data stays for `restart`. */
  kill(): Promise<void>;
  restart(): Promise<void>;
};

export function newKeys(name: string): S3Keys {
  return {
    accessKeyId: `${name}${randomBytes(6).toString('hex')}`,
    secretAccessKey: randomBytes(20).toString('hex'),
  };
}

export function clientFor(endpoint: string, region: string, credentials: S3Keys): S3Client {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  return new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 });
}

/** Makes the buckets that are not there yet; throws while the server is not ready. */
export async function createBuckets(
  client: S3Client,
  buckets: NonNullable<S3Options['buckets']>,
): Promise<void> {
  const { Buckets: present = [] } = await client.send(new ListBucketsCommand({}));
  for (const { name, lock } of buckets) {
    if (present.some((bucket) => bucket.Name === name)) continue;
    await client.send(new CreateBucketCommand({ Bucket: name, ObjectLockEnabledForBucket: lock ?? false }));
  }
}
