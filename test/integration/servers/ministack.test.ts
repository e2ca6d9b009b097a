import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetBucketLifecycleConfigurationCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
  PutObjectCommand,
  RestoreObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  eventually,
  type MinistackServer,
  type S3Keys,
  startMinistack,
} from '../../../tools/servers/index.ts';

describe('ministack', () => {
  let server: MinistackServer;
  let other: MinistackServer;
  let root: S3Client;
  const clients: S3Client[] = [];
  const as = (credentials: S3Keys, { endpoint, region } = server) => {
    const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 });
    clients.push(client);
    return client;
  };
  const read = (Key: string) => root.send(new GetObjectCommand({ Bucket: 'plain', Key }));

  beforeAll(async () => {
    const options = { buckets: [{ name: 'plain' }, { name: 'locked', lock: true }] };
    [server, other] = await Promise.all([startMinistack(options), startMinistack(options)]);
    root = as(server.root);
  });
  afterAll(async () => {
    for (const client of clients) client.destroy();
    await Promise.all([server.stop(), other.stop()]);
  });

  it('runs beside another of its kind, each with objects of its own', async () => {
    await root.send(new PutObjectCommand({ Bucket: 'plain', Key: 'a', Body: 'here' }));
    const there = as(other.root, other).send(new GetObjectCommand({ Bucket: 'plain', Key: 'a' }));
    await expect(there).rejects.toThrow(/does not exist/);
  });

  it('refuses a stranger', async () => {
    await root.send(new PutObjectCommand({ Bucket: 'plain', Key: 'b', Body: 'ours' }));
    const stranger = as({ accessKeyId: 'stranger', secretAccessKey: 'nothing' });
    await expect(stranger.send(new GetObjectCommand({ Bucket: 'plain', Key: 'b' }))).rejects.toThrow(
      /Access Key Id/,
    );
  });

  it('gives an object moved to GLACIER only once it is thawed', async () => {
    const object = { Bucket: 'plain', Key: 'cold' };
    await root.send(new PutObjectCommand({ ...object, Body: 'asleep' }));
    await root.send(new CopyObjectCommand({ ...object, CopySource: 'plain/cold', StorageClass: 'GLACIER' }));
    await expect(read('cold')).rejects.toThrow(/storage class/);
    const RestoreRequest = { Days: 1, GlacierJobParameters: { Tier: 'Bulk' as const } };
    await root.send(new RestoreObjectCommand({ ...object, RestoreRequest }));
    const thawing = await root.send(new HeadObjectCommand(object));
    expect(thawing).toMatchObject({ StorageClass: 'GLACIER', Restore: 'ongoing-request="true"' });
    const thawed = await eventually(() => read('cold'), 20);
    expect(await thawed.Body?.transformToString()).toBe('asleep');
    expect(thawed.Restore).toMatch(/^ongoing-request="false", expiry-date="/);
  });

  it('gives lifecycle rules back as they were put', async () => {
    const rule: LifecycleRule = {
      ID: 'cool-down',
      Status: 'Enabled',
      Filter: { Prefix: 'shop/' },
      Transitions: [{ Days: 30, StorageClass: 'GLACIER' }],
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
    };
    const LifecycleConfiguration = { Rules: [rule] };
    await root.send(new PutBucketLifecycleConfigurationCommand({ Bucket: 'plain', LifecycleConfiguration }));
    const { Rules } = await root.send(new GetBucketLifecycleConfigurationCommand({ Bucket: 'plain' }));
    expect(Rules).toEqual([rule]);
  });

  it('does not let even root delete a locked version', async () => {
    const object = { Bucket: 'locked', Key: 'kept' };
    const { VersionId } = await root.send(
      new PutObjectCommand({
        ...object,
        Body: 'kept',
        StorageClass: 'DEEP_ARCHIVE',
        ObjectLockMode: 'COMPLIANCE',
        ObjectLockRetainUntilDate: new Date(Date.now() + 3_600_000),
      }),
    );
    await expect(root.send(new DeleteObjectCommand({ ...object, VersionId }))).rejects.toThrow(/denied/i);
  });
});
