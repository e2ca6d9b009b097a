import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { S3Repository } from '../../policy/resolved.ts';
import { keyOf, repositoryMarkerKey } from '../../repository/layout.ts';
import type { Store } from '../../repository/store.ts';
import { verifyFiles } from '../../repository/verify.ts';
import { bucketBehindProxy, hastyStore } from '../integration/s3-fixture.ts';
import { manifestHolding } from '../support/manifests.ts';
import { bytes, codeOf, upload } from '../support/store-access.ts';

const large = 'data-1.dump';
const small = 'fingerprint-1.json';
const bodies = { [large]: randomBytes(20_000_000), [small]: randomBytes(5000) };
const manifest = manifestHolding(bodies);
const always = Number.POSITIVE_INFINITY;
const otherSha256 = randomBytes(32).toString('base64');
const otherMd5 = randomBytes(16).toString('hex');

const s3 = bucketBehindProxy();

async function goodCopy(checksums: S3Repository['checksums']): Promise<Store> {
  const store = await hastyStore(s3.repository({ checksums }), {
    requests: { seconds: 0.5, firstPause: 10, longestPause: 50 },
  });
  await store.putIfAbsent(repositoryMarkerKey, bytes('{}'));
  for (const [name, body] of Object.entries(bodies)) await upload(store, keyOf(manifest, name), body);
  expect(await verifyFiles(store, manifest)).toMatchObject({ serviceChecksums: 2 });
  return store;
}

const lie = (name: string, headers: Record<string, string>, method = 'HEAD') =>
  s3.proxy.add({ method, path: new RegExp(name), times: always, action: { do: 'set-headers', headers } });

describe('a good copy whose service keeps another checksum of it', () => {
  it.each([
    [small, 'when-supported', { 'x-amz-checksum-sha256': otherSha256 }],
    [large, 'when-supported', { 'x-amz-checksum-sha256': `${otherSha256}-3` }],
    [small, 'when-required', { etag: `"${otherMd5}"` }],
    [large, 'when-required', { etag: `"${otherMd5}-3"` }],
  ] as const)('is named: %s, with checksums %s', async (name, checksums, headers) => {
    const store = await goodCopy(checksums);
    lie(name, headers);
    const error: unknown = await verifyFiles(store, manifest).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'corrupt-copy', hint: expect.stringContaining('Use another copy') });
    const [told] = Object.values(headers).map((value) => value.replaceAll('"', ''));
    expect(String(error)).toContain(`${name} reads back right, but its service keeps the checksum`);
    expect(String(error)).toContain(`:${told} of it where`);
    expect(String(error)).not.toContain(name === small ? large : small);
  });
});

describe('a good copy is taken for one, compared as far as it can be,', () => {
  it('where ETags are no MD5s and only look like it', async () => {
    const store = await goodCopy('when-required');
    lie(small, { etag: `"${otherMd5}"` });
    lie(large, { etag: `"${otherMd5}-3"` });
    lie(repositoryMarkerKey, { etag: `"${otherMd5}"` }, 'GET');
    expect(await verifyFiles(store, manifest)).toMatchObject({ files: 2, serviceChecksums: 0 });
  });

  it.each([
    ['refuses to tell', { do: 'answer', status: 501 }],
    ['ignores the question', { do: 'set-headers', headers: { 'content-length': '20000000' } }],
  ] as const)('where the service %s how an object is cut', async (_what, action) => {
    const store = await goodCopy('when-supported');
    const rule = s3.proxy.add({ method: 'HEAD', query: { partNumber: /./ }, times: always, action });
    expect(await verifyFiles(store, manifest)).toMatchObject({ files: 2, serviceChecksums: 1 });
    expect(rule.hits()).toBe(1);
  });
});

it('is no verdict while the service does not answer', async () => {
  const store = await goodCopy('when-supported');
  const action = { do: 'answer', status: 503 } as const;
  s3.proxy.add({ method: 'HEAD', query: { partNumber: /./ }, times: always, action });
  expect(await codeOf(verifyFiles(store, manifest))).toBe('service-unavailable');
});
