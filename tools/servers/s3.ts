import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateBucketCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { removeDirectory, serverDirectory } from './directory.ts';
import { freePort } from './ports.ts';
import { type RunningServer, type ServerSpec, startServer } from './server-process.ts';

export type S3Keys = { accessKeyId: string; secretAccessKey: string };

export type S3Options = {
  /** Created at the start; `lock` turns object lock, and with it versions, on. */
  buckets?: { name: string; lock?: boolean }[];
  port?: number;
  /** Where its data is kept; a temporary directory when absent. */
  directory?: string;
};

export type S3Server = RunningServer & {
  endpoint: string;
  region: string;
  /** May do everything. */
  root: S3Keys;
  /** May write, read and list; may neither delete nor get around a retention. */
  writer: S3Keys;
};

/** What a server is started with: its own directory, where its data goes, its port and its users. */
export type S3Place = {
  home: string;
  data: string;
  port: number;
  root: S3Keys;
  writer: S3Keys;
  /** Of root. */
  client: S3Client;
};

const region = 'us-east-1';

/** Starts an S3 server on 127.0.0.1 of which only the command differs; `more` cleans up after that. */
export async function startS3(
  options: S3Options,
  specOf: (place: S3Place) => Promise<Omit<ServerSpec, 'cwd' | 'stopSignal'>>,
  more: () => Promise<void> = async () => undefined,
): Promise<S3Server> {
  const home = await serverDirectory();
  const [root, writer] = [newKeys('root'), newKeys('writer')];
  const port = options.port ?? (await freePort());
  const endpoint = `http://127.0.0.1:${port}`;
  const data = options.directory ?? join(home, 'data');
  await mkdir(data, { recursive: true });
  const client = clientFor(endpoint, region, root);
  const spec = await specOf({ home, data, port, root, writer, client });
  const server = await startServer(
    { ...spec, cwd: home, stopSignal: 'SIGTERM' },
    {
      dataStays: options.directory !== undefined,
      cleanUp: async () => {
        client.destroy();
        await Promise.all([removeDirectory(home), more()]);
      },
    },
  );
  return { ...server, endpoint, region, root, writer };
}

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
