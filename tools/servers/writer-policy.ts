/** What a worker may do with its bucket: write, read and list; neither delete nor get around a retention. */
const objectActions = [
  's3:PutObject',
  's3:PutObjectRetention',
  's3:GetObject',
  's3:GetObjectVersion',
  's3:GetObjectRetention',
  's3:GetObjectLegalHold',
  's3:GetObjectAttributes',
  's3:AbortMultipartUpload',
  's3:ListMultipartUploadParts',
];

const bucketActions = [
  's3:ListBucket',
  's3:ListBucketVersions',
  's3:ListBucketMultipartUploads',
  's3:GetBucketLocation',
  's3:GetBucketVersioning',
  's3:GetBucketObjectLockConfiguration',
];

/** What somebody may do who has a copy to recover from, and is to change nothing. */
const readerActions = ['s3:GetObject', 's3:GetObjectVersion', 's3:GetObjectAttributes'];

/** The writer's rights as an identity's own policy, for every bucket. */
export const identityPolicy = (): string => everywhere(bucketActions, objectActions);

/** The same of the reader. */
export const readerPolicy = (): string =>
  everywhere(['s3:ListBucket', 's3:GetBucketLocation'], readerActions);

const everywhere = (ofBuckets: string[], ofObjects: string[]): string =>
  policy([
    { Effect: 'Allow', Action: ofBuckets, Resource: 'arn:aws:s3:::*' },
    { Effect: 'Allow', Action: ofObjects, Resource: 'arn:aws:s3:::*/*' },
  ]);

/** The same rights as the policy of one bucket that names the writer. */
export function bucketPolicy(bucket: string, accessKeyId: string): string {
  const Principal = { AWS: [accessKeyId] };
  return policy([
    { Effect: 'Allow', Principal, Action: bucketActions, Resource: `arn:aws:s3:::${bucket}` },
    { Effect: 'Allow', Principal, Action: objectActions, Resource: `arn:aws:s3:::${bucket}/*` },
  ]);
}

function policy(statements: unknown[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}
