import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutBucketPolicyCommand, type S3Client } from '@aws-sdk/client-s3';
import { removeDirectory, serverDirectory } from './directory.ts';
import { freePort } from './ports.ts';
import { clientFor, createBuckets, newKeys, type S3Keys, type S3Options, type S3Server } from './s3.ts';
import { serverProcess } from './server-process.ts';
import { toolPath } from './toolbox.ts';
import { bucketPolicy } from './writer-policy.ts';

const region = 'us-east-1';

/** Starts versitygw, an S3 server over a directory, on 127.0.0.1: a second opinion on what S3 means. */
export async function startVersitygw(options: S3Options = {}): Promise<S3Server> {
  const home = await serverDirectory();
  const [root, writer] = [newKeys('root'), newKeys('writer')];
  const port = options.port ?? (await freePort());
  const endpoint = `http://127.0.0.1:${port}`;
  const data = options.directory ?? join(home, 'data');
  const [objects, versions, accounts] = [
    join(data, 'objects'),
    join(data, 'versions'),
    join(home, 'accounts'),
  ];
  for (const directory of [objects, versions, accounts]) await mkdir(directory, { recursive: true });
  await writeFile(join(accounts, 'users.json'), JSON.stringify(users(writer)), { mode: 0o600 });
  const client = clientFor(endpoint, region, root);
  const buckets = options.buckets ?? [];
  const server = serverProcess({
    name: 'versitygw',
    command: toolPath('versitygw'),
    args: [
      '--port',
      `127.0.0.1:${port}`,
      '--iam-dir',
      accounts,
      'posix',
      '--versioning-dir',
      versions,
      objects,
    ],
    env: { ROOT_ACCESS_KEY: root.accessKeyId, ROOT_SECRET_KEY: root.secretAccessKey },
    cwd: home,
    stopSignal: 'SIGTERM',
    ready: () => prepare(client, buckets, writer),
  });
  try {
    await server.start();
  } catch (error) {
    await removeDirectory(home);
    throw error;
  }
  return {
    endpoint,
    region,
    root,
    writer,
    stop: () => server.stop().finally(() => close(client, home)),
    kill: () => server.kill(),
    restart: () => server.stop().then(() => server.start()),
  };
}

async function close(client: S3Client, home: string): Promise<void> {
  client.destroy();
  await removeDirectory(home);
}

async function prepare(
  client: S3Client,
  buckets: { name: string; lock?: boolean }[],
  writer: S3Keys,
): Promise<void> {
  await createBuckets(client, buckets);
  for (const { name } of buckets) {
    await client.send(
      new PutBucketPolicyCommand({ Bucket: name, Policy: bucketPolicy(name, writer.accessKeyId) }),
    );
  }
}

function users({ accessKeyId, secretAccessKey }: S3Keys): unknown {
  return {
    accessAccounts: { [accessKeyId]: { access: accessKeyId, secret: secretAccessKey, role: 'user' } },
  };
}
