import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { freePorts } from './ports.ts';
import { createBuckets, newKeys, type S3Keys, type S3Options, type S3Server, startS3 } from './s3.ts';
import { toolPath } from './toolbox.ts';
import { identityPolicy, readerPolicy } from './writer-policy.ts';

export type SeaweedfsServer = S3Server & {
  /** May read and list, and no more. */
  reader: S3Keys;
};

const ownBucket = 'holdfast-ready';
const portNames = ['master', 'volume', 'filer', 's3', 'admin'] as const;

/**
 * Starts SeaweedFS with an S3 endpoint on 127.0.0.1. Every port that it opens is one of its own, gRPC included, so
 * that any number run side by side. Its filer has no authentication: the lock protects against S3's users only.
 */
export async function startSeaweedfs(options: S3Options = {}): Promise<SeaweedfsServer> {
  const [http, grpc] = [await freePorts(portNames), await freePorts(portNames)];
  const reader = newKeys('reader');
  const server = await startS3(
    options,
    async ({ home, data, port, root, writer, client }) => {
      await writeFile(join(home, 's3.json'), JSON.stringify(identities({ root, writer, reader })), {
        mode: 0o600,
      });
      return {
        name: 'SeaweedFS',
        command: toolPath('seaweedfs'),
        args: [
          '-logtostderr=true',
          'mini',
          ...fixedFlags(home, data),
          ...portFlags({ ...http, s3: port }, grpc),
        ],
        // One volume at a time per bucket instead of seven.
        env: { WEED_MASTER_VOLUME_GROWTH_COPY_1: '1' },
        ready: () => acceptsWrites(client, options.buckets ?? []),
      };
    },
    async () => {
      await Promise.all(portNames.map((name) => removeSocket(name, grpc[name])));
    },
  );
  return { ...server, reader };
}

/** Each gRPC port has a socket beside it, in a place that no flag moves and no end of the server removes. */
async function removeSocket(name: string, port: number | undefined): Promise<void> {
  await rm(`/tmp/seaweedfs-${name}-grpc-${port}.sock`, { force: true });
}

/** It lists buckets before it can store anything: ready is when an object was written. */
async function acceptsWrites(client: S3Client, buckets: NonNullable<S3Options['buckets']>): Promise<void> {
  await createBuckets(client, [{ name: ownBucket }, ...buckets]);
  await client.send(new PutObjectCommand({ Bucket: ownBucket, Key: 'ready', Body: 'ready' }));
}

function fixedFlags(home: string, data: string): string[] {
  return [
    `-dir=${data}`,
    '-ip=127.0.0.1',
    '-ip.bind=127.0.0.1',
    '-master.telemetry=false',
    '-master.electionTimeout=1s',
    '-master.volumeSizeLimitMB=1024',
    '-volume.max=5000',
    '-volume.preStopSeconds=0',
    '-s3.port.iceberg=0',
    '-s3.port.lance=0',
    '-s3.autoCreateBucket=false',
    `-s3.config=${join(home, 's3.json')}`,
    `-s3.localSocket=${join(home, 's3.sock')}`,
    `-filer.localSocket=${join(home, 'filer.sock')}`,
    '-webdav=false',
    '-admin.ui=false',
  ];
}

function portFlags(http: Record<string, number>, grpc: Record<string, number>): string[] {
  return portNames.flatMap((name) => [`-${name}.port=${http[name]}`, `-${name}.port.grpc=${grpc[name]}`]);
}

function identities({ root, writer, reader }: Pick<SeaweedfsServer, 'root' | 'writer' | 'reader'>): unknown {
  return {
    identities: [
      { name: 'root', credentials: [keyPair(root)], actions: ['Admin'] },
      { name: 'writer', credentials: [keyPair(writer)], actions: [], policyNames: ['writer'] },
      { name: 'reader', credentials: [keyPair(reader)], actions: [], policyNames: ['reader'] },
    ],
    policies: [
      { name: 'writer', content: identityPolicy() },
      { name: 'reader', content: readerPolicy() },
    ],
  };
}

function keyPair({ accessKeyId, secretAccessKey }: S3Keys): { accessKey: string; secretKey: string } {
  return { accessKey: accessKeyId, secretKey: secretAccessKey };
}
