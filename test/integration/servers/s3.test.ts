import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectRetentionCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type S3Keys, type S3Server, startSeaweedfs, startVersitygw } from '../../../tools/servers/index.ts';

const bucket = 'locked';
const hours = (count: number) => new Date(Date.now() + count * 3_600_000);

describe.each([
  ['SeaweedFS', startSeaweedfs],
  ['versitygw', startVersitygw],
])('%s', (_name, start) => {
  let server: S3Server;
  let other: S3Server;
  const clients: S3Client[] = [];
  const as = (keys: S3Keys, on = server) => {
    const { endpoint, region } = on;
    const client = new S3Client({
      endpoint,
      region,
      credentials: keys,
      forcePathStyle: true,
      maxAttempts: 1,
    });
    clients.push(client);
    return client;
  };
  const putLocked = (client: S3Client, Key: string) =>
    client.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key,
        Body: 'kept',
        ObjectLockMode: 'COMPLIANCE',
        ObjectLockRetainUntilDate: hours(2),
      }),
    );

  beforeAll(async () => {
    const options = { buckets: [{ name: bucket, lock: true }, { name: 'plain' }] };
    [server, other] = await Promise.all([start(options), start(options)]);
  });
  afterAll(async () => {
    for (const client of clients) client.destroy();
    await Promise.all([server.stop(), other.stop()]);
  });

  it('runs beside another of its kind, each with objects of its own', async () => {
    await as(server.root).send(new PutObjectCommand({ Bucket: 'plain', Key: 'a', Body: 'here' }));
    const there = as(other.root, other).send(new GetObjectCommand({ Bucket: 'plain', Key: 'a' }));
    await expect(there).rejects.toThrow();
  });

  it('lets the writer write and read, and neither delete nor shorten a retention', async () => {
    const writer = as(server.writer);
    const { VersionId } = await putLocked(writer, 'one');
    const read = await writer.send(new GetObjectCommand({ Bucket: bucket, Key: 'one' }));
    expect(await read.Body?.transformToString()).toBe('kept');
    const { Versions = [] } = await writer.send(new ListObjectVersionsCommand({ Bucket: bucket }));
    expect(Versions.map(({ Key }) => Key)).toContain('one');
    const object = { Bucket: bucket, Key: 'one', VersionId };
    await expect(writer.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'one' }))).rejects.toThrow(
      /denied/i,
    );
    await expect(writer.send(new DeleteObjectCommand(object))).rejects.toThrow(/denied/i);
    const shorter = { Mode: 'COMPLIANCE' as const, RetainUntilDate: hours(1) };
    await expect(
      writer.send(new PutObjectRetentionCommand({ ...object, Retention: shorter })),
    ).rejects.toThrow();
  });

  it('does not let even root delete a locked version', async () => {
    const { VersionId } = await putLocked(as(server.root), 'two');
    const deletion = new DeleteObjectCommand({ Bucket: bucket, Key: 'two', VersionId });
    await expect(as(server.root).send(deletion)).rejects.toThrow();
  });

  it('refuses a stranger', async () => {
    const stranger = as({ accessKeyId: 'stranger', secretAccessKey: 'nothing' });
    await expect(stranger.send(new GetObjectCommand({ Bucket: bucket, Key: 'one' }))).rejects.toThrow();
  });

  it('keeps acknowledged objects through a kill', async () => {
    await as(server.root).send(
      new PutObjectCommand({ Bucket: 'plain', Key: 'survivor', Body: 'still here' }),
    );
    await server.kill();
    await expect(
      as(server.root).send(new GetObjectCommand({ Bucket: 'plain', Key: 'survivor' })),
    ).rejects.toThrow();
    await server.restart();
    const read = await as(server.root).send(new GetObjectCommand({ Bucket: 'plain', Key: 'survivor' }));
    expect(await read.Body?.transformToString()).toBe('still here');
  });
});
