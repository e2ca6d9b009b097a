import {
  GetBucketLifecycleConfigurationCommand,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { lifecycleFor } from '../../repository/lifecycle.ts';
import { checkLifecycle } from '../../repository/lifecycle-check.ts';
import { S3Lifecycle } from '../../repository/stores/s3-lifecycle.ts';
import {
  type FaultProxy,
  type MinistackServer,
  type S3Server,
  startFaultProxy,
  startMinistack,
  startSeaweedfs,
  startVersitygw,
} from '../../tools/servers/index.ts';
import { hasty, newBucket, repositoryAt, rootClient } from './s3-fixture.ts';

const day = 86_400;
const wanted = {
  prefix: 'org/backups',
  kept: [
    { source: 'shop', longest: 7 * 366 * day, deadline: 7200 },
    { source: 'secrets', longest: null, deadline: 60 },
  ],
  expire: true,
};

describe("a bucket's lifecycle rules on ministack", () => {
  let server: MinistackServer;
  let proxy: FaultProxy;
  let client: S3Client;
  const Bucket = 'copies';
  const defaultSmallest = 'x-amz-transition-default-minimum-object-size';
  beforeAll(async () => {
    server = await startMinistack({ buckets: [{ name: Bucket }] });
    proxy = await startFaultProxy(server.endpoint);
    client = rootClient({ ...server, writer: server.root, kill: server.stop, restart: server.stop });
  });
  afterAll(async () => {
    client?.destroy();
    await proxy?.stop();
    await server?.stop();
  });

  const open = () => {
    const through = { endpoint: proxy.endpoint, region: server.region };
    return S3Lifecycle.open(repositoryAt(through, Bucket, server.root, { prefix: wanted.prefix }), hasty);
  };
  const put = (Rules: LifecycleRule[]) =>
    client.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
  const there = async () =>
    (await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).Rules ?? [];

  it('are none at first, and then those that were written, word for word', async () => {
    const lifecycle = await open();
    expect(await lifecycle.read()).toEqual([]);
    const rules = lifecycleFor(wanted);
    await lifecycle.write(rules);
    // The bucket's own default comes with them.
    expect(await lifecycle.read()).toEqual(rules.map((rule) => ({ ...rule, movesAbove: 2 ** 17 - 1 })));
    expect((await there()).find(({ ID }) => ID === 'holdfast-shop')).toEqual({
      ID: 'holdfast-shop',
      Status: 'Enabled',
      Filter: { And: { Prefix: 'org/backups/shop/', ObjectSizeGreaterThan: 2 ** 20 } },
      Expiration: { Days: 2570 },
      Transitions: [
        { Days: 30, StorageClass: 'STANDARD_IA' },
        { Days: 90, StorageClass: 'GLACIER' },
        { Days: 365, StorageClass: 'DEEP_ARCHIVE' },
      ],
    });
    lifecycle.close();
  });

  it('of others stay as they are, and our own are replaced', async () => {
    const theirs: LifecycleRule = {
      ID: 'logs',
      Status: 'Enabled',
      Filter: { And: { Prefix: 'logs/', Tags: [{ Key: 'keep', Value: 'no' }] } },
      Expiration: { Days: 3 },
    };
    const ours: LifecycleRule = {
      ID: 'holdfast-gone',
      Status: 'Enabled',
      Filter: { Prefix: 'org/backups/gone/' },
      Expiration: { Days: 3 },
    };
    await put([theirs, ours]);
    const lifecycle = await open();
    await lifecycle.write(lifecycleFor(wanted));
    expect((await there()).map(({ ID }) => ID)).toEqual([
      'logs',
      'holdfast-leftovers',
      'holdfast-shop',
      'holdfast-secrets',
    ]);
    expect((await there())[0]).toMatchObject(theirs);
    lifecycle.close();
  });

  it('that somebody else wrote, in every way that there is to write them, are checked', async () => {
    const Status = 'Enabled' as const;
    await put([
      { ID: 'everything', Status, Filter: { Prefix: '' }, Expiration: { Days: 30 } },
      { ID: 'cold', Status, Filter: { Prefix: 'org/' }, Transitions: [{ Days: 1, StorageClass: 'GLACIER' }] },
      { ID: 'off', Status: 'Disabled', Filter: { Prefix: '' }, Expiration: { Days: 1 } },
      {
        ID: 'day',
        Status,
        Filter: { ObjectSizeGreaterThan: 5 },
        Expiration: { Date: new Date('2027-01-01T00:00:00Z') },
      },
      { ID: 'old', Status, Filter: { Prefix: '' }, NoncurrentVersionExpiration: { NoncurrentDays: 1 } },
      {
        ID: 'tagged',
        Status,
        Filter: { Tag: { Key: 'keep', Value: 'no' } },
        Expiration: { Days: 1 },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
      },
    ]);
    const lifecycle = await open();
    const named = async (level: string) => {
      const found = checkLifecycle(await lifecycle.read(), wanted);
      return [...new Set(found.flatMap((each) => (each.level === level ? [each.rule] : [])))];
    };
    expect(await named('fault')).toEqual(['everything', 'day']);
    expect(await named('warning')).toEqual(['old', null]);
    // In buckets that were set up long ago small objects move too.
    const setting = { [defaultSmallest]: 'varies_by_storage_class' };
    proxy.add({ method: 'GET', times: 9, action: { do: 'set-headers', headers: setting } });
    expect(await named('fault')).toEqual(['everything', 'cold', 'day']);
    const kept = proxy.add({
      method: 'PUT',
      headers: { [defaultSmallest]: /varies/ },
      action: { do: 'delay', milliseconds: 1 },
    });
    await lifecycle.write(lifecycleFor(wanted));
    expect(kept.hits()).toBe(1);
    lifecycle.close();
  });
});

describe('a service without lifecycle rules', () => {
  it.each([
    ['versitygw, which has none', startVersitygw],
    ['SeaweedFS, which moves nothing', startSeaweedfs],
  ] as const)('is told as that: %s', async (_name, start) => {
    const server: S3Server = await start();
    try {
      const bucket = await newBucket(server);
      const lifecycle = await S3Lifecycle.open(repositoryAt(server, bucket, server.root), hasty);
      await expect(lifecycle.write(lifecycleFor(wanted))).rejects.toMatchObject({
        code: 'bad-policy',
        message: expect.stringMatching(/does not carry out such rules/),
        hint: expect.stringMatching(/retention/),
      });
      lifecycle.close();
    } finally {
      await server.stop();
    }
  });
});
