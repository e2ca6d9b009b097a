import { readFile } from 'node:fs/promises';
import { PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { clientFor, createBuckets } from '../servers/s3.ts';
import { bucketPolicy } from '../servers/writer-policy.ts';

/**
 * The one task of the composed stack that needs the store's root key: makes the write-once bucket, and lets the
 * worker's user write to it. Does nothing that is done already.
 */
const [endpoint, bucket, writer, rootPasswordFile] = process.argv.slice(2);
if (
  endpoint === undefined ||
  bucket === undefined ||
  writer === undefined ||
  rootPasswordFile === undefined
) {
  throw new Error('usage: create-bucket ENDPOINT BUCKET WRITER ROOT-PASSWORD-FILE');
}
const secretAccessKey = await readFile(rootPasswordFile, 'utf8');
const client = clientFor(endpoint, 'us-east-1', { accessKeyId: 'root', secretAccessKey });
await createBuckets(client, [{ name: bucket, lock: true }]);
await client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: bucketPolicy(bucket, writer) }));
client.destroy();
