import {
  DeleteObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from '@jest/globals';
import type { Store, StoredVersion } from '../../repository/store.ts';
import { startSeaweedfs, startVersitygw } from '../../tools/servers/index.ts';
import { bytes, codeOf } from '../support/store-access.ts';
import { bucketBehindProxy, hastyStore, newBucket, repositoryAt } from './s3-fixture.ts';

const days = 86_400;
const inDays = (count: number) => new Date(Math.ceil(Date.now() / 1000 + count * days) * 1000);

describe.each([
  ['SeaweedFS', startSeaweedfs],
  ['versitygw', startVersitygw],
] as const)('versions in a bucket of %s', (_name, start) => {
  const s3 = bucketBehindProxy({
    start: () => start({ buckets: [{ name: 'writers', lock: true }] }),
    lock: true,
  });

  const lock = { mode: 'compliance', for: 10 * days } as const;
  const open = (more = {}) => hastyStore(s3.repository(more));
  const put = async (Key: string) =>
    (await s3.client.send(new PutObjectCommand({ Bucket: s3.bucket, Key, Body: Key }))).VersionId ?? 'none';
  const lockUntil = (Key: string, RetainUntilDate: Date, VersionId?: string) =>
    s3.client.send(
      new PutObjectRetentionCommand({
        Bucket: s3.bucket,
        Key,
        ...(VersionId === undefined ? {} : { VersionId }),
        Retention: { Mode: 'COMPLIANCE', RetainUntilDate },
      }),
    );

  it('are listed with the delete markers that hide them', async () => {
    const store = await open();
    const older = await put('a');
    const newer = await put('a');
    const other = await put('b');
    await s3.client.send(new DeleteObjectCommand({ Bucket: s3.bucket, Key: 'b' }));
    const found = await versionsIn(store);
    expect(found).toEqual([
      { key: 'a', versionId: newer, kind: 'object', latest: true, bytes: 1 },
      { key: 'a', versionId: older, kind: 'object', latest: false, bytes: 1 },
      { key: 'b', versionId: other, kind: 'object', latest: false, bytes: 1 },
      { key: 'b', versionId: expect.any(String), kind: 'delete-marker', latest: true, bytes: 0 },
    ]);
    const removals = await store.removeVersions(found);
    expect(removals.map(({ outcome }) => outcome)).toEqual(['removed', 'removed', 'removed', 'removed']);
    expect(await versionsIn(store)).toEqual([]);
  });

  it.each([1, 3])('from before the bucket kept versions go for good, %i at once', async (count) => {
    s3.bucket = await newBucket(s3.server);
    const store = await open();
    for (let index = 0; index < count; index += 1) await put(`old-${index}`);
    await s3.client.send(
      new PutBucketVersioningCommand({ Bucket: s3.bucket, VersioningConfiguration: { Status: 'Enabled' } }),
    );
    const found = await versionsIn(store);
    expect(found.map(({ versionId }) => versionId)).toEqual(found.map(() => null));
    const removals = await store.removeVersions(found);
    expect(removals.map(({ outcome }) => outcome)).toEqual(found.map(() => 'removed'));
    expect(await versionsIn(store)).toEqual([]);
  });

  it('that are locked or held stay, and tell their day; the others go', async () => {
    const store = await open();
    const until = inDays(3);
    for (const key of ['free', 'held', 'locked']) await put(key);
    await lockUntil('locked', until);
    await s3.client.send(
      new PutObjectLegalHoldCommand({ Bucket: s3.bucket, Key: 'held', LegalHold: { Status: 'ON' } }),
    );
    const removals = await store.removeVersions(await versionsIn(store));
    expect(removals).toMatchObject([
      { key: 'free', outcome: 'removed' },
      { key: 'held', outcome: 'locked', sentence: expect.stringMatching(/legal hold/) },
      {
        key: 'locked',
        outcome: 'locked',
        lockedUntil: until,
        sentence: expect.stringMatching(/locked until/),
      },
    ]);
    expect((await versionsIn(store)).map(({ key }) => key)).toEqual(['held', 'locked']);
  });

  it('stay where the credentials may not delete', async () => {
    s3.bucket = 'writers';
    await put('a');
    await put('b');
    const store = await hastyStore(repositoryAt(s3.server, s3.bucket, s3.server.writer));
    const removals = await store.removeVersions(await versionsIn(store));
    expect(removals).toMatchObject([
      { key: 'a', outcome: 'denied', sentence: expect.stringMatching(/may not/) },
      { key: 'b', outcome: 'denied' },
    ]);
    expect(await versionsIn(store)).toHaveLength(2);
  });

  it.each([501, 400, 403, 405])('go one by one where a batch is answered by %i', async (status) => {
    const store = await open();
    for (const key of ['a', 'b', 'c']) await put(key);
    const batches = s3.proxy.add({ method: 'POST', times: 9, action: { do: 'answer', status } });
    const removals = await store.removeVersions(await versionsIn(store));
    expect(removals.map(({ outcome }) => outcome)).toEqual(['removed', 'removed', 'removed']);
    expect(batches.hits()).toBe(1);
    expect(await versionsIn(store)).toEqual([]);
  });

  it('that a batch does not name as deleted are asked for by themselves', async () => {
    const store = await open();
    for (const key of ['a', 'b', 'c']) await put(key);
    const body = `<?xml version="1.0" encoding="UTF-8"?><DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
      <Error><Key>a</Key><Code>InternalError</Code><Message>try again</Message></Error></DeleteResult>`;
    s3.proxy.add({ method: 'POST', action: { do: 'answer', status: 200, body } });
    const removals = await store.removeVersions(await versionsIn(store));
    expect(removals.map(({ outcome }) => outcome)).toEqual(['removed', 'removed', 'removed']);
    expect(await versionsIn(store)).toEqual([]);
  });

  it('that the service fails to remove are told as failed, and the others are tried', async () => {
    const store = await hastyStore(s3.repository(), {
      requests: { seconds: 0.2, firstPause: 20, longestPause: 50 },
    });
    for (const key of ['a', 'b', 'c']) await put(key);
    s3.proxy.add({ method: 'POST', times: 99, action: { do: 'answer', status: 501 } });
    s3.proxy.add({ method: 'DELETE', path: /\/[ab]$/, times: 99, action: { do: 'answer', status: 503 } });
    const removals = await store.removeVersions(await versionsIn(store));
    expect(removals.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'removed']);
    expect(
      s3.proxy.log.filter((line) => line.startsWith('DELETE') && line.includes(`/${s3.bucket}/b?`)),
    ).toHaveLength(1);
    s3.proxy.clear();
    expect((await versionsIn(store)).map(({ key }) => key)).toEqual(['a', 'b']);
  });

  it('without the right to list them decide nothing, and without versions the objects are listed', async () => {
    const store = await open();
    await put('a');
    s3.proxy.add({ method: 'GET', query: { versions: /^/ }, action: { do: 'answer', status: 403 } });
    expect(await codeOf(versionsIn(store))).toBe('access-denied');
    s3.proxy.add({ method: 'GET', query: { versions: /^/ }, action: { do: 'answer', status: 501 } });
    expect(await versionsIn(store)).toMatchObject([{ key: 'a', versionId: null, latest: true }]);
  });

  it('of a listing that does not end are not listed', async () => {
    const store = await open();
    const page = (more: string) => ({
      do: 'answer' as const,
      status: 200,
      body: `<?xml version="1.0" encoding="UTF-8"?><ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${more}</ListVersionsResult>`,
    });
    for (const more of [
      '',
      '<IsTruncated>true</IsTruncated>',
      '<IsTruncated>false</IsTruncated><Version><Key>a</Key></Version>',
    ]) {
      s3.proxy.add({ method: 'GET', query: { versions: /^/ }, action: page(more) });
      expect(await codeOf(versionsIn(store))).toBe('service-unavailable');
    }
    const same = '<IsTruncated>true</IsTruncated><NextKeyMarker>a</NextKeyMarker>';
    s3.proxy.add({ method: 'GET', query: { versions: /^/ }, times: 9, action: page(same) });
    expect(await codeOf(versionsIn(store))).toBe('service-unavailable');
  });

  it('tell their locks, each its own', async () => {
    const store = await open({ lock });
    const older = await put('a');
    await lockUntil('a', inDays(3), older);
    const newer = await put('a');
    expect(await store.lockOf('a')).toEqual({ until: null, legalHold: false });
    expect(await store.lockOf('a', undefined, newer)).toEqual({ until: null, legalHold: false });
    expect(await store.lockOf('a', undefined, older)).toMatchObject({ until: expect.any(Date) });
    await s3.client.send(
      new PutObjectLegalHoldCommand({ Bucket: s3.bucket, Key: 'a', LegalHold: { Status: 'ON' } }),
    );
    expect(await store.lockOf('a')).toEqual({ until: null, legalHold: true });
    expect(await codeOf(store.lockOf('none'))).toBe('not-found');
    s3.proxy.add({ query: { retention: /^/ }, action: { do: 'answer', status: 403 } });
    expect(await codeOf(store.lockOf('a'))).toBe('access-denied');
    s3.proxy.add({ query: { 'legal-hold': /^/ }, action: { do: 'answer', status: 403 } });
    expect(await codeOf(store.lockOf('a'))).toBe('access-denied');
  });

  it.each(['when-supported', 'when-required'] as const)(
    'are locked longer and never shorter, with checksums %s',
    async (checksums) => {
      const store = await open({ lock, checksums });
      await store.putIfAbsent('a', bytes('x'));
      const before = (await store.lockOf('a'))?.until?.getTime() ?? 0;
      expect(before).toBeGreaterThan(Date.now() + 9 * days * 1000);
      expect(await store.extendLock('a', inDays(3))).toBe('already');
      expect((await store.lockOf('a'))?.until?.getTime()).toBe(before);
      const longer = new Date(inDays(20).getTime() - 300);
      expect(await store.extendLock('a', longer)).toBe('extended');
      expect((await store.lockOf('a'))?.until?.getTime()).toBe(longer.getTime() + 300);
      expect(await store.extendLock('a', longer)).toBe('already');
      const removals = await store.removeVersions(await versionsIn(store));
      expect(removals).toMatchObject([{ outcome: 'locked' }]);
    },
  );

  it('are told as not locked when the service forgets it, or the bucket has no lock', async () => {
    const store = await open({ lock: { ...lock, mode: 'governance' } });
    await put('a');
    s3.proxy.add({ method: 'PUT', query: { retention: /^/ }, action: { do: 'answer', status: 200 } });
    expect(await codeOf(store.extendLock('a', inDays(3)))).toBe('bad-policy');
    s3.bucket = await newBucket(s3.server);
    await put('a');
    await expect((await open({ lock })).extendLock('a', inDays(3))).rejects.toMatchObject({
      code: 'bad-policy',
      message: expect.stringMatching(/has no object lock/),
    });
  });

  it('are sent with the MD5 that old services want, and no newer checksum', async () => {
    const store = await open({ checksums: 'when-required' });
    for (const key of ['a', 'b']) await put(key);
    const found = await versionsIn(store);
    const plain = s3.proxy.add({
      method: 'POST',
      headers: {
        'content-md5': /.{20}==/,
        'x-amz-checksum-crc32': /^$/,
        'x-amz-sdk-checksum-algorithm': /^$/,
      },
      action: { do: 'delay', milliseconds: 1 },
    });
    expect(await store.removeVersions(found)).toMatchObject([{ outcome: 'removed' }, { outcome: 'removed' }]);
    expect(plain.hits()).toBe(1);
    expect(s3.proxy.log.filter((line) => line.startsWith('DELETE') && line.includes(s3.bucket))).toEqual([]);
  });
});

async function versionsIn(store: Store): Promise<StoredVersion[]> {
  const found: StoredVersion[] = [];
  for await (const version of store.listVersions('')) found.push(version);
  return found;
}
