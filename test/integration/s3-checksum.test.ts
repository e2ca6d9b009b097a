import { randomBytes } from 'node:crypto';
import {
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { S3Repository } from '../../policy/resolved.ts';
import { keyOf, repositoryMarkerKey } from '../../repository/layout.ts';
import type { Store } from '../../repository/store.ts';
import { copyFile } from '../../repository/transfer.ts';
import { verifyFiles } from '../../repository/verify.ts';
import { type S3Server, startSeaweedfs, startVersitygw } from '../../tools/servers/index.ts';
import { manifestHolding } from '../support/manifests.ts';
import { bytes, upload } from '../support/store-access.ts';
import { hastyStore, newBucket, repositoryAt, rootClient } from './s3-fixture.ts';

const MiB = 2 ** 20;
const bodies = { 'data-1.dump': randomBytes(18 * MiB), 'fingerprint-1.json': randomBytes(5000) };
const manifest = manifestHolding(bodies);
const data = keyOf(manifest, 'data-1.dump');
const size = Object.values(bodies).reduce((sum, body) => sum + body.length, 0);
const allCompared = { files: 2, bytes: size, serviceChecksums: 2 };

async function fill(store: Store): Promise<void> {
  await store.putIfAbsent(repositoryMarkerKey, bytes('{}'));
  for (const [name, body] of Object.entries(bodies)) await upload(store, keyOf(manifest, name), body);
}

describe.each([
  ['SeaweedFS', startSeaweedfs],
  ['versitygw', startVersitygw],
] as const)('a copy on %s', (_name, start) => {
  let server: S3Server;
  let client: S3Client;
  let bucket: string;
  beforeAll(async () => {
    server = await start();
    client = rootClient(server);
  });
  afterAll(async () => {
    client?.destroy();
    await server?.stop();
  });
  beforeEach(async () => {
    bucket = await newBucket(server);
  });

  const open = (more: Partial<S3Repository> = {}) =>
    hastyStore(repositoryAt(server, bucket, server.root, more));

  describe.each(['when-supported', 'when-required'] as const)('with checksums %s', (checksums) => {
    it('is compared with what the service keeps of each file', async () => {
      const store = await open({ checksums });
      await fill(store);
      expect(await verifyFiles(store, manifest)).toEqual(allCompared);
    });

    it('is compared when it was filled from another one', async () => {
      const from = await open({ prefix: 'good' });
      const to = await open({ prefix: 'later', checksums });
      await fill(from);
      const { signal } = new AbortController();
      for (const file of manifest.files)
        await copyFile({ from, to, key: keyOf(manifest, file.name), signal, ...file });
      expect(await verifyFiles(to, manifest)).toEqual(allCompared);
    });

    it('is compared when the service encrypts it', async () => {
      const store = await open({ checksums, encryption: { kind: 'sse-s3' } });
      await fill(store);
      expect(await verifyFiles(store, manifest)).toEqual(allCompared);
    });

    it('is compared by what an object has become, in another class or place', async () => {
      const store = await open({ checksums });
      await fill(store);
      const elsewhere = await open({ checksums, prefix: 'elsewhere' });
      for (const { name } of manifest.files) {
        const Key = keyOf(manifest, name);
        const copy = { Bucket: bucket, CopySource: `${bucket}/${Key}`, StorageClass: 'STANDARD_IA' } as const;
        await client.send(new CopyObjectCommand({ ...copy, Key: `elsewhere/${Key}` }));
        await client.send(new CopyObjectCommand({ ...copy, Key, MetadataDirective: 'REPLACE' }));
      }
      expect(await verifyFiles(store, manifest)).toEqual(allCompared);
      expect(await verifyFiles(elsewhere, manifest)).toEqual(allCompared);
    });

    it.each([
      ['in equal parts of another size', [5, 5, 5, 3], 2],
      ['in growing parts', [5, 6, 7], 1],
      ['in parts that look equal by their number and the first', [7, 5, 6], 1],
    ])('that was cut anew %s is compared as far as it can be', async (_how, parts, serviceChecksums) => {
      const store = await open({ checksums });
      await fill(store);
      const elsewhere = await open({ checksums, prefix: 'elsewhere' });
      await upload(elsewhere, keyOf(manifest, 'fingerprint-1.json'), bodies['fingerprint-1.json']);
      await elsewhere.putIfAbsent(repositoryMarkerKey, bytes('{}'));
      await uploadInParts(
        `elsewhere/${data}`,
        parts.map((part) => part * MiB),
        checksums,
      );
      expect(await verifyFiles(elsewhere, manifest)).toEqual({ ...allCompared, serviceChecksums });
    });
  });

  it('that the service copied in parts by itself is good, whatever ETag that gave', async () => {
    const store = await open({ checksums: 'when-required' });
    await fill(store);
    const elsewhere = await open({ checksums: 'when-required', prefix: 'elsewhere' });
    await fill(elsewhere);
    await copyInParts(data, `elsewhere/${data}`, [8 * MiB, 8 * MiB, 2 * MiB]);
    expect(await verifyFiles(elsewhere, manifest)).toMatchObject({ files: 2, bytes: size });
  });

  async function uploadInParts(
    key: string,
    sizes: number[],
    checksums: S3Repository['checksums'],
  ): Promise<void> {
    const target = { Bucket: bucket, Key: key };
    const algorithm = checksums === 'when-supported' ? ({ ChecksumAlgorithm: 'SHA256' } as const) : {};
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...target, ...algorithm }));
    const parts: CompletedPart[] = [];
    for (const { PartNumber, start, end } of cut(sizes)) {
      const Body = bodies['data-1.dump'].subarray(start, end);
      const part = { ...target, ...algorithm, UploadId, PartNumber, Body };
      const { ETag, ChecksumSHA256 } = await client.send(new UploadPartCommand(part));
      parts.push({ PartNumber, ETag, ChecksumSHA256 });
    }
    await complete(target, UploadId, parts);
  }

  async function copyInParts(from: string, to: string, sizes: number[]): Promise<void> {
    const target = { Bucket: bucket, Key: to };
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(target));
    const parts: CompletedPart[] = [];
    for (const { PartNumber, start, end } of cut(sizes)) {
      const range = { CopySource: `${bucket}/${from}`, CopySourceRange: `bytes=${start}-${end - 1}` };
      const part = { ...target, ...range, UploadId, PartNumber };
      const { CopyPartResult } = await client.send(new UploadPartCopyCommand(part));
      parts.push({ PartNumber, ETag: CopyPartResult?.ETag });
    }
    await complete(target, UploadId, parts);
  }

  async function complete(
    target: { Bucket: string; Key: string },
    UploadId: string | undefined,
    Parts: CompletedPart[],
  ): Promise<void> {
    const command = { ...target, UploadId, MultipartUpload: { Parts } };
    await client.send(new CompleteMultipartUploadCommand(command));
  }
});

function cut(sizes: number[]): { PartNumber: number; start: number; end: number }[] {
  let end = 0;
  return sizes.map((bytes, index) => {
    const start = end;
    end += bytes;
    return { PartNumber: index + 1, start, end };
  });
}
