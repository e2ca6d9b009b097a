import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutBucketPolicyCommand, type S3Client } from '@aws-sdk/client-s3';
import { createBuckets, type S3Keys, type S3Options, type S3Server, startS3 } from './s3.ts';
import { toolPath } from './toolbox.ts';
import { bucketPolicy } from './writer-policy.ts';

/** Starts versitygw, an S3 server over a directory, on 127.0.0.1: a second opinion on what S3 means. */
export function startVersitygw(options: S3Options = {}): Promise<S3Server> {
  return startS3(options, async ({ home, data, port, root, writer, client }) => {
    const [objects, versions, accounts] = [
      join(data, 'objects'),
      join(data, 'versions'),
      join(home, 'accounts'),
    ];
    for (const directory of [objects, versions, accounts]) await mkdir(directory, { recursive: true });
    await writeFile(join(accounts, 'users.json'), JSON.stringify(users(writer)), { mode: 0o600 });
    return {
      name: 'versitygw',
      command: toolPath('versitygw'),
      args: [
        ...['--port', `127.0.0.1:${port}`, '--iam-dir', accounts, '--keep-alive', '--quiet'],
        ...['posix', '--versioning-dir', versions, objects],
      ],
      env: {
        ...{ ROOT_ACCESS_KEY: root.accessKeyId, ROOT_SECRET_KEY: root.secretAccessKey },
        // It shares the processors with what is tested, and has memory to spare.
        GOGC: '400',
      },
      ready: () => prepare(client, options.buckets ?? [], writer),
    };
  });
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
