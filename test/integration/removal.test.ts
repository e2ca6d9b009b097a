import {
  DeleteObjectCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from '@jest/globals';
import { directoryOf, keyOf, repositoryMarkerKey } from '../../repository/layout.ts';
import { removeCopy, withDeleteCredentials } from '../../repository/removal.ts';
import type { Store, StoredVersion } from '../../repository/store.ts';
import { openStore } from '../../repository/stores/index.ts';
import { sweep } from '../../repository/sweep.ts';
import { startSeaweedfs, startVersitygw } from '../../tools/servers/index.ts';
import { backup, neighbour, run } from '../support/copy-to-remove.ts';
import { codeOf, keys } from '../support/store-access.ts';
import { bucketBehindProxy, hastyStore, inEnvironment, newBucket, repositoryAt } from './s3-fixture.ts';

const days = 86_400;
const files = [
  'RESTORE.md',
  'data-0a1b2c.dump.zst.gpg',
  'globals-0a1b2c.sql.zst',
  'manifest.json',
  'manifest.json.sig',
];
/** One failure ends a request: what is tested is what is left then. */
const impatient = { requests: { seconds: 0, firstPause: 1, longestPause: 1 } };

describe.each([
  ['SeaweedFS', startSeaweedfs],
  ['versitygw', startVersitygw],
] as const)('the removal of a copy from %s', (name, start) => {
  const s3 = bucketBehindProxy({
    start: () => start({ buckets: [{ name: 'writers', lock: true }] }),
    lock: true,
  });

  const open = () => hastyStore(s3.repository(), impatient);
  const put = (name: typeof backup, file: string) =>
    s3.client.send(new PutObjectCommand({ Bucket: s3.bucket, Key: keyOf(name, file), Body: file }));
  const lock = (file: string, until: Date) =>
    s3.client.send(
      new PutObjectRetentionCommand({
        Bucket: s3.bucket,
        Key: keyOf(backup, file),
        Retention: { Mode: 'COMPLIANCE', RetainUntilDate: until },
      }),
    );
  const soon = (count: number) => new Date(Math.ceil(Date.now() / 1000 + count * days) * 1000);
  /** Two versions of some files, and a delete marker over another. */
  const makeBackups = async () => {
    await s3.client.send(new PutObjectCommand({ Bucket: s3.bucket, Key: repositoryMarkerKey, Body: '{}' }));
    for (const file of files) for (const each of [backup, neighbour]) await put(each, file);
    for (const file of ['data-0a1b2c.dump.zst.gpg', 'manifest.json']) await put(backup, file);
    const Key = keyOf(backup, 'globals-0a1b2c.sql.zst');
    await s3.client.send(new DeleteObjectCommand({ Bucket: s3.bucket, Key }));
    return files.length + 3;
  };
  const left = async (store: Store, name = backup) => {
    const found: StoredVersion[] = [];
    for await (const version of store.listVersions(directoryOf(name))) found.push(version);
    return found;
  };

  it('takes every version and delete marker, and nothing else', async () => {
    const versions = await makeBackups();
    const store = await open();
    expect(await left(store)).toHaveLength(versions);
    expect(await removeCopy(store, backup, run)).toEqual({
      outcome: 'removed',
      removed: versions + 1,
      sentences: [],
    });
    expect(await left(store)).toEqual([]);
    expect(await left(store, neighbour)).toHaveLength(files.length);
  });

  it('touches nothing when one old version of many is locked', async () => {
    await makeBackups();
    const until = soon(3);
    await lock('data-0a1b2c.dump.zst.gpg', until);
    await put(backup, 'data-0a1b2c.dump.zst.gpg');
    const store = await open();
    const before = await left(store);
    expect(await removeCopy(store, backup, run)).toEqual({
      outcome: 'locked',
      lockedUntil: until.toISOString(),
      removed: 0,
      sentences: [expect.stringContaining(until.toISOString())],
    });
    expect(await left(store)).toEqual(before);
  });

  it('touches nothing under a legal hold, nor when the locks may not be asked for', async () => {
    await makeBackups();
    const store = await open();
    const Key = keyOf(backup, 'manifest.json.sig');
    await s3.client.send(
      new PutObjectLegalHoldCommand({ Bucket: s3.bucket, Key, LegalHold: { Status: 'ON' } }),
    );
    const before = await left(store);
    const held = await removeCopy(store, backup, run);
    expect(held).toMatchObject({ outcome: 'locked', removed: 0 });
    expect(held).not.toHaveProperty('lockedUntil');
    await s3.client.send(
      new PutObjectLegalHoldCommand({ Bucket: s3.bucket, Key, LegalHold: { Status: 'OFF' } }),
    );
    s3.proxy.add({ query: { retention: /^/ }, skip: 3, action: { do: 'answer', status: 403 } });
    expect(await removeCopy(store, backup, run)).toMatchObject({ outcome: 'denied', removed: 0 });
    expect(await left(store)).toEqual(before);
    expect(await removeCopy(store, backup, run)).toMatchObject({ outcome: 'removed' });
  });

  it('stopped at any of its requests is a whole backup or a removal to finish, and is finished', async () => {
    for (let passing = 0; ; passing += 1) {
      s3.bucket = await newBucket(s3.server, true);
      const versions = await makeBackups();
      const store = await open();
      // Once a change is lost, nothing of that run gets through any more, as after a kill.
      s3.proxy.clear();
      const cut = s3.proxy.add({ method: 'DELETE', skip: passing, times: 99, action: { do: 'reset' } });
      const batch = s3.proxy.add({
        method: 'POST',
        skip: passing === 0 ? 0 : passing - 1,
        times: 99,
        action: { do: 'reset' },
      });
      const ended = await removeCopy(store, backup, run).then(
        ({ outcome }) => outcome,
        () => 'thrown',
      );
      const stopped = cut.hits() + batch.hits() > 0;
      s3.proxy.clear();
      const names = (await left(store)).map(({ key }) => key.slice(directoryOf(backup).length));
      if (names.includes('manifest.json')) expect(names.length).toBeGreaterThanOrEqual(versions);
      else if (names.length > 0) expect(names).toContain(`deleting.${run}.json`);
      if (!stopped) {
        expect(ended).toBe('removed');
        expect(names).toEqual([]);
        return;
      }
      expect(ended).not.toBe('removed');
      if (passing % 2 === 0 || names.includes('manifest.json'))
        expect(await removeCopy(store, backup, run)).toMatchObject({ outcome: 'removed' });
      else await sweep(store, { graceSeconds: days, dryRun: false });
      expect(await left(store)).toEqual([]);
      expect(await left(store, neighbour)).toHaveLength(files.length);
    }
  });

  it('that fails for some keys says which, and goes on with them at the next call', async () => {
    await makeBackups();
    const store = await open();
    const data = /data-0a1b2c/;
    s3.proxy.add({ method: 'POST', times: 9, action: { do: 'answer', status: 501 } });
    s3.proxy.add({ method: 'DELETE', path: data, times: 9, action: { do: 'answer', status: 503 } });
    const first = await removeCopy(store, backup, run);
    expect(first).toMatchObject({ outcome: 'incomplete' });
    expect(first.sentences).toHaveLength(2);
    expect(first.sentences.every((sentence) => data.test(sentence))).toBe(true);
    s3.proxy.clear();
    expect((await keys(store, directoryOf(backup))).map((key) => key.split('/').at(-1))).toEqual([
      'data-0a1b2c.dump.zst.gpg',
      `deleting.${run}.json`,
    ]);
    expect(await removeCopy(store, backup, 'ffffffff')).toMatchObject({ outcome: 'removed', removed: 4 });
    expect(await left(store)).toEqual([]);
  });

  it('with credentials that may not delete leaves the backup whole', async () => {
    s3.bucket = 'writers';
    await makeBackups();
    const store = await hastyStore(repositoryAt(s3.server, s3.bucket, s3.server.writer));
    const denied = await removeCopy(store, backup, run);
    expect(denied).toMatchObject({ outcome: 'denied', removed: 0 });
    expect(await keys(store, directoryOf(backup))).toContain(keyOf(backup, 'manifest.json'));
    const removal = await openStore(
      withDeleteCredentials(
        repositoryAt(s3.server, s3.bucket, s3.server.writer, {
          deleteCredentials: { env: inEnvironment(s3.server.root) },
          lock: { mode: 'compliance', for: 10 * days },
        }),
      ),
    );
    expect(await removeCopy(removal, backup, run)).toMatchObject({ outcome: 'removed' });
    expect(await left(removal)).toEqual([]);
  });

  it('from a bucket that locks everything by default leaves its own marker until its day', async () => {
    await makeBackups();
    const DefaultRetention = { Mode: 'GOVERNANCE' as const, Days: 1 };
    await s3.client.send(
      new PutObjectLockConfigurationCommand({
        Bucket: s3.bucket,
        ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention } },
      }),
    );
    const store = await open();
    const whole = await left(store);
    if (name === 'versitygw') {
      // It holds to the default for what was there before too, and tells nobody.
      expect(await removeCopy(store, backup, run)).toMatchObject({ outcome: 'denied', removed: 0 });
      expect(await left(store)).toEqual(expect.arrayContaining(whole));
      return;
    }
    for (const _call of [1, 2])
      expect(await removeCopy(store, backup, run)).toMatchObject({
        outcome: 'removed',
        sentences: [expect.stringMatching(/deleting.*locked until/)],
      });
    expect((await left(store)).map(({ key }) => key)).toEqual([keyOf(backup, `deleting.${run}.json`)]);
  });

  it('decides nothing on a listing that is denied or empty', async () => {
    await makeBackups();
    const store = await open();
    s3.proxy.add({ query: { versions: /^/ }, action: { do: 'answer', status: 403 } });
    expect(await codeOf(removeCopy(store, backup, run))).toBe('access-denied');
    const body = '<ListVersionsResult><IsTruncated>false</IsTruncated></ListVersionsResult>';
    s3.proxy.add({ query: { versions: /^/ }, action: { do: 'answer', status: 200, body } });
    const nothing = '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>';
    s3.proxy.add({ query: { 'list-type': /2/ }, action: { do: 'answer', status: 200, body: nothing } });
    expect(await codeOf(removeCopy(store, backup, run))).toBe('service-unavailable');
    s3.proxy.clear();
    expect(await left(store)).toHaveLength(files.length + 3);
  });
});
