import { randomBytes } from 'node:crypto';
import { DeleteObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { S3Repository } from '../../policy/resolved.ts';
import type { ProbeFinding, Store } from '../../repository/store.ts';
import { type FaultRule, type S3Server, startSeaweedfs, startVersitygw } from '../../tools/servers/index.ts';
import { bytes, codeOf, upload } from '../support/store-access.ts';
import {
  errorXml,
  hastyStore,
  newBucket,
  repositoryAt,
  rootClient,
  serverBehindProxy,
} from './s3-fixture.ts';

const days = 86_400;
const lock = { mode: 'compliance', for: 10 * days } as const;
const large = randomBytes(20_000_000);

describe.each([
  ['SeaweedFS', startSeaweedfs],
  ['versitygw', startVersitygw],
] as const)('a locked bucket of %s', (_name, start) => {
  let server: S3Server;
  let bucket: string;
  beforeAll(async () => {
    bucket = 'locked';
    server = await start({ buckets: [{ name: bucket, lock: true }, { name: 'plain' }] });
  });
  afterAll(() => server?.stop());

  it.each(['when-supported', 'when-required'] as const)(
    'holds small and large objects for as long as asked, with checksums %s',
    async (checksums) => {
      const store = await hastyStore(repositoryAt(server, bucket, server.writer, { lock, checksums }));
      const asked = Date.now() + lock.for * 1000;
      await store.putIfAbsent(`${checksums}/manifest.json`, bytes('small'));
      await upload(store, `${checksums}/data`, large);
      for (const key of [`${checksums}/manifest.json`, `${checksums}/data`]) {
        const until = (await store.head(key))?.lockedUntil?.getTime() ?? 0;
        expect(until).toBeGreaterThanOrEqual(asked);
        expect(until).toBeLessThan(asked + days * 1000);
        expect(until % 1000).toBe(0);
        await expect(deleteForGood(server, bucket, key)).rejects.toMatchObject({ name: 'AccessDenied' });
        await expect(store.remove(key)).rejects.toMatchObject({
          code: 'access-denied',
          message: expect.stringMatching(/locked until/),
        });
      }
    },
  );

  it('proves the lock, the versions and the missing right to delete', async () => {
    const store = await hastyStore(repositoryAt(server, bucket, server.writer, { lock }));
    expect(await found(store)).toEqual({
      reachable: 'yes',
      writable: 'yes',
      'create-only': 'yes',
      'read-back': 'yes',
      lock: 'yes',
      versions: 'yes',
      checksums: 'yes',
      delete: 'no',
    });
  });

  it('names a worker that could hide its copies', async () => {
    const store = await hastyStore(repositoryAt(server, bucket, server.root, { lock }));
    expect(await found(store)).toMatchObject({ lock: 'yes', delete: 'yes' });
    const deletion = (await store.probe()).find((finding) => finding.check === 'delete');
    expect(deletion).toMatchObject({ fault: false, sentence: expect.stringMatching(/delete markers/) });
  });

  it('that is not locked after all is a fault', async () => {
    const store = await hastyStore(repositoryAt(server, 'plain', server.root, { lock }));
    expect((await store.probe()).some((finding) => finding.fault)).toBe(true);
  });

  it('without a lock asked for, a worker that can delete is named and its object is gone', async () => {
    const store = await hastyStore(repositoryAt(server, 'plain', server.root));
    const findings = await store.probe();
    expect(outcomes(findings)).toMatchObject({ lock: 'no', versions: 'no', delete: 'yes' });
    expect(findings.filter((finding) => finding.fault)).toEqual([]);
    expect(await store.listFolders('_probe/')).toEqual([]);
  });

  it('removes an unlocked object with all its versions', async () => {
    const store = await hastyStore(repositoryAt(server, bucket, server.root));
    await store.putIfAbsent('debris', bytes('one'));
    const versionId = await versionOf(server, bucket, 'debris');
    await store.remove('debris');
    expect(await store.head('debris')).toBeNull();
    await expect(versionOf(server, bucket, 'debris', versionId)).rejects.toMatchObject({
      $metadata: { httpStatusCode: 404 },
    });
  });
});

describe('data', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startSeaweedfs();
  });
  afterAll(() => server?.stop());

  it('gets the storage class, and the small files beside it stay readable at once', async () => {
    const bucket = await newBucket(server);
    const store = await hastyStore(
      repositoryAt(server, bucket, server.root, { storageClass: 'STANDARD_IA' }),
    );
    await upload(store, 'small-data', bytes('x'));
    await upload(store, 'large-data', large);
    await store.putIfAbsent('manifest.json', bytes('{}'));
    for (const record of [true, false]) {
      const healed = await store.startReplacement(`healed-${record}`, undefined, { record });
      await healed.write(bytes('{}'));
      await healed.finish();
    }
    const client = rootClient(server);
    const classOf = async (Key: string) =>
      (await client.send(new HeadObjectCommand({ Bucket: bucket, Key }))).StorageClass ?? 'STANDARD';
    expect(await classOf('small-data')).toBe('STANDARD_IA');
    expect(await classOf('large-data')).toBe('STANDARD_IA');
    expect(await classOf('manifest.json')).toBe('STANDARD');
    expect(await classOf('healed-true')).toBe('STANDARD');
    expect(await classOf('healed-false')).toBe('STANDARD_IA');
    client.destroy();
  });

  it('has a service checksum that is the same at the upload and afterwards', async () => {
    const bucket = await newBucket(server);
    const store = await hastyStore(repositoryAt(server, bucket, server.root));
    const started = await store.startUpload('data');
    await started.write(large);
    const receipt = await started.finish();
    expect(receipt.serviceChecksum).toMatch(/^sha256:.+-3$/);
    expect(await store.head('data')).toEqual({
      bytes: large.length,
      serviceChecksum: receipt.serviceChecksum,
    });
  });

  it('may be encrypted by the service', async () => {
    const bucket = await newBucket(server);
    const store = await hastyStore(
      repositoryAt(server, bucket, server.root, { encryption: { kind: 'sse-s3' } }),
    );
    const code = await codeOf(upload(store, 'data', large));
    expect(code).toBe('none');
    const client = rootClient(server);
    const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: 'data' }));
    client.destroy();
    expect(head.ServerSideEncryption).toBe('AES256');
  });
});

/** Neither server here minds, so the proxy refuses as Amazon S3 does what comes with a lock and without a checksum. */
describe('a service that demands a checksum of what it locks', () => {
  const behind = serverBehindProxy();

  async function put(more: Partial<S3Repository>): Promise<{ code: string; refused: number }> {
    const { server, proxy } = behind();
    const bucket = await newBucket(server, true);
    proxy.clear();
    const refusal = proxy.add({
      method: 'PUT',
      headers: { 'content-md5': /^$/, 'x-amz-checksum-sha256': /^$/ },
      times: 1e6,
      action: { do: 'answer', status: 400, body: errorXml('InvalidRequest') },
    });
    const through = { endpoint: proxy.endpoint, region: server.region };
    const store = await hastyStore(repositoryAt(through, bucket, server.root, more));
    const work = store.putIfAbsent('manifest.json', bytes('small')).then(() => upload(store, 'data', large));
    const code = await codeOf(work);
    return { code, refused: refusal.hits() };
  }

  it.each(['when-supported', 'when-required'] as const)('gets one, with checksums %s', async (checksums) => {
    expect(await put({ lock, checksums })).toEqual({ code: 'none', refused: 0 });
  });

  it('would refuse what has none', async () => {
    expect(await put({ checksums: 'when-required' })).toMatchObject({ code: 'bad-policy' });
  });
});

function outcomes(findings: ProbeFinding[]): Record<string, string> {
  return Object.fromEntries(findings.map((finding) => [finding.check, finding.outcome]));
}

async function found(store: Store): Promise<Record<string, string>> {
  const findings = await store.probe();
  expect(findings.filter((finding) => finding.fault)).toEqual([]);
  return outcomes(findings);
}

async function versionOf(server: S3Server, bucket: string, key: string, version?: string): Promise<string> {
  const client = rootClient(server);
  try {
    const input = { Bucket: bucket, Key: key, ...(version === undefined ? {} : { VersionId: version }) };
    return (await client.send(new HeadObjectCommand(input))).VersionId ?? 'null';
  } finally {
    client.destroy();
  }
}

async function deleteForGood(server: S3Server, bucket: string, key: string): Promise<void> {
  const version = await versionOf(server, bucket, key);
  const client = rootClient(server);
  try {
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: version }));
  } finally {
    client.destroy();
  }
}

/** No server here has a lock that does not hold, or hides it: the proxy answers in their place. */
describe('a probe of a locked bucket', () => {
  const behind = serverBehindProxy();

  async function lockFound(
    wanted: S3Repository['lock'],
    rule: Pick<FaultRule, 'method' | 'action'>,
  ): Promise<ProbeFinding | undefined> {
    const { server, proxy } = behind();
    const bucket = await newBucket(server, true);
    proxy.clear();
    proxy.add({ ...rule, path: /_probe/, times: 1e6 });
    const through = { endpoint: proxy.endpoint, region: server.region };
    const store = await hastyStore(
      repositoryAt(through, bucket, server.root, wanted === undefined ? {} : { lock: wanted }),
    );
    return (await store.probe()).find(({ check }) => check === 'lock');
  }

  it('is a fault where an object that should be locked could be deleted', async () => {
    const deletes = { method: 'DELETE', action: { do: 'answer', status: 204 } } as const;
    expect(await lockFound(lock, deletes)).toMatchObject({
      outcome: 'no',
      fault: true,
      sentence: expect.stringContaining('does not hold'),
    });
    expect(await lockFound(undefined, deletes)).toMatchObject({ outcome: 'no', fault: false });
  });

  it.each([
    ['a weaker one than asked for', 'GOVERNANCE', { outcome: 'no', fault: true }],
    ['none that may be seen', '', { outcome: 'unknown', fault: false }],
  ])('tells a lock that is %s', async (_, mode, told) => {
    const headers = { 'x-amz-object-lock-mode': mode };
    expect(await lockFound(lock, { method: 'HEAD', action: { do: 'set-headers', headers } })).toMatchObject(
      told,
    );
  });
});
