import { createHash, randomBytes } from 'node:crypto';
import {
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { S3Repository } from '../../policy/resolved.ts';
import { setStorageClass } from '../../repository/stores/s3-class.ts';
import { S3Session } from '../../repository/stores/s3-session.ts';
import { eventually, type MinistackServer, startMinistack } from '../../tools/servers/index.ts';
import { bytes, codeOf, readAll, same, upload } from '../support/store-access.ts';
import { bucketBehindProxy, hasty, hastyStore, newBucket, repositoryAt, rootClient } from './s3-fixture.ts';

const days = 86_400;
const lock = { mode: 'compliance', for: 10 * days } as const;
const large = randomBytes(20_000_000);
/** As little as S3 takes for a part, so that 20 MB are as good as 20 GB. */
const smallCut = { largest: 6 * 2 ** 20, part: 5 * 2 ** 20 };

describe('another storage class on SeaweedFS', () => {
  const s3 = bucketBehindProxy({ lock: true });

  const head = (Key: string) => s3.client.send(new HeadObjectCommand({ Bucket: s3.bucket, Key }));
  const inParts = async (key: string, more: Partial<S3Repository> = {}) => {
    const session = await S3Session.open(s3.repository(more), hasty);
    try {
      return await setStorageClass(session, key, 'STANDARD_IA', { cut: smallCut });
    } finally {
      session.close();
    }
  };

  it.each(['in one copy', 'in parts'])('keeps bytes, checksum and lock, %s', async (way) => {
    const store = await hastyStore(s3.repository({ lock }));
    await upload(store, 'shop/größe+data', large);
    const key = 'shop/größe+data';
    await s3.client.send(
      new PutObjectLegalHoldCommand({ Bucket: s3.bucket, Key: key, LegalHold: { Status: 'ON' } }),
    );
    const before = await store.lockOf(key);
    const outcome =
      way === 'in parts' ? await inParts(key, { lock }) : await store.setStorageClass(key, 'STANDARD_IA');
    expect(outcome).toBe('moved');
    expect((await head(key)).StorageClass).toBe('STANDARD_IA');
    expect(await store.lockOf(key)).toEqual({ until: before?.until, legalHold: true });
    expect(same(await readAll(store, key), large)).toBe(true);
    const checksum = await store.checksumOf(key);
    checksum?.update(large);
    expect(await checksum?.compare(createHash('sha256').update(large).digest('hex'))).toMatchObject({
      outcome: 'same',
    });
    expect(await store.setStorageClass(key, 'STANDARD_IA')).toBe('already');
  });

  it('leaves the version in the old class behind, which may go once it is not locked', async () => {
    const store = await hastyStore(s3.repository());
    await store.putIfAbsent('data', bytes('x'));
    await store.setStorageClass('data', 'STANDARD_IA');
    const versions = [];
    for await (const version of store.listVersions('data')) versions.push(version);
    expect(versions.map(({ latest }) => latest)).toEqual([true, false]);
    expect(await store.removeVersions(versions.slice(1))).toMatchObject([{ outcome: 'removed' }]);
    expect(Buffer.from((await store.get('data')) ?? []).toString()).toBe('x');
  });

  it('is not copied twice when the answer to the first copy is lost', async () => {
    const store = await hastyStore(s3.repository());
    await store.putIfAbsent('data', bytes('x'));
    s3.proxy.add({ method: 'PUT', headers: { 'x-amz-copy-source': /./ }, action: { do: 'swallow' } });
    expect(await store.setStorageClass('data', 'STANDARD_IA')).toBe('moved');
    const versions = [];
    for await (const version of store.listVersions('data')) versions.push(version);
    expect(versions).toHaveLength(2);
  });

  it('that can not be copied wholly leaves the object as it was, and no unfinished upload', async () => {
    s3.bucket = await newBucket(s3.server);
    const store = await hastyStore(s3.repository());
    await upload(store, 'data', large);
    s3.proxy.add({ query: { partNumber: /3/ }, action: { do: 'answer', status: 403 }, times: 9 });
    expect(await codeOf(inParts('data'))).toBe('access-denied');
    const { Uploads = [] } = await s3.client.send(new ListMultipartUploadsCommand({ Bucket: s3.bucket }));
    expect(Uploads).toEqual([]);
    expect((await head('data')).StorageClass).toBeUndefined();
    expect(same(await readAll(store, 'data'), large)).toBe(true);
  });

  it('that the service does not know, or does not keep, copies nothing', async () => {
    s3.bucket = await newBucket(s3.server);
    const store = await hastyStore(s3.repository());
    await store.putIfAbsent('data', bytes('x'));
    expect(await store.setStorageClass('data', 'NO_SUCH_CLASS')).toBe('unsupported');
    expect(await codeOf(store.setStorageClass('none', 'STANDARD_IA'))).toBe('not-found');
    expect(
      s3.proxy.log.filter((line) => line.startsWith('PUT') && line.includes(`${s3.bucket}/data`)),
    ).toHaveLength(1);
  });
});

describe('an archive class on ministack', () => {
  let server: MinistackServer;
  let client: S3Client;
  const Bucket = 'copies';
  beforeAll(async () => {
    server = await startMinistack({ buckets: [{ name: Bucket }] });
    client = rootClient({ ...server, writer: server.root, kill: server.stop, restart: server.stop });
  });
  afterAll(async () => {
    client?.destroy();
    await server?.stop();
  });
  const open = () => hastyStore(repositoryAt(server, Bucket, server.root));

  it.each(['GLACIER', 'DEEP_ARCHIVE'])('%s gives nothing before it is thawed', async (storageClass) => {
    const store = await open();
    const key = `shop/${storageClass}`;
    await store.putIfAbsent(key, bytes('asleep'));
    expect(await store.thaw(key, 1)).toBe('readable');
    expect(await store.setStorageClass(key, storageClass)).toBe('moved');
    await expect(store.read(key)).rejects.toMatchObject({
      code: 'access-denied',
      message: expect.stringMatching(/archive class/),
      hint: expect.stringMatching(/holdfast restore/),
    });
    expect(await store.thaw(key, 1)).toBe('requested');
    expect(await store.thaw(key, 1)).toBe('under-way');
    await eventually(async () => expect(await store.thaw(key, 1)).toBe('readable'), 20);
    expect((await readAll(store, key)).toString()).toBe('asleep');
  });

  it('that is read at once needs no thaw', async () => {
    const store = await open();
    await client.send(new PutObjectCommand({ Bucket, Key: 'cool', Body: 'x', StorageClass: 'GLACIER_IR' }));
    await client.send(
      new PutObjectCommand({ Bucket, Key: 'empty', Body: Buffer.alloc(0), StorageClass: 'STANDARD_IA' }),
    );
    expect(await store.thaw('cool', 1)).toBe('readable');
    expect(await store.thaw('empty', 1)).toBe('readable');
  });
});
