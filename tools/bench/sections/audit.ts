import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import type { ResolvedRepository } from '../../../policy/resolved.ts';
import { run } from '../../../process/index.ts';
import { type ChainName, recordEvents } from '../../../repository/audit/index.ts';
import { openStore } from '../../../repository/index.ts';
import { chainFiles, madeUpEvent, makeHeadSigner } from '../../lab/audit-chain.ts';
import { s3Environment } from '../../lab/lab.ts';
import type { AuditFact } from '../facts.ts';
import type { Place } from '../place.ts';

const child = join(import.meta.dirname, 'audit-child.js');
const measured = z.object({ seconds: z.number(), peakBytes: z.number() });

/** How often a writer writes while its rate is measured. */
const writes = 200;

const chain: ChainName = { organization: 'Example BV', zone: 'fra' };

/** Entries of each write in a long chain. */
const batch = 10;

/** How many entries a second one writer appends, an event in each write, with its signed head. */
async function appendRate(
  repository: ResolvedRepository,
  signingKey: string,
  events: number,
): Promise<number> {
  const store = await openStore(repository);
  const directory = await mkdtemp(join(tmpdir(), 'hf-bench-'));
  try {
    const started = performance.now();
    for (let number = 1; number <= events; number += 1) {
      await recordEvents({
        store,
        chain,
        events: [{ ...madeUpEvent(number), at: new Date().toISOString() }],
        worker: 'fra/bench/1',
        repeated: false,
        witnesses: [],
        signingKey,
        directory,
      });
    }
    return events / ((performance.now() - started) / 1000);
  } finally {
    store.close();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Appends to a directory and to a bucket with lock; then verifies a long chain in a process of its own. */
export async function measureAudit(place: Place, entries: number): Promise<AuditFact> {
  const signingKey = await readFile(place.lab.signing.privateFile, 'utf8');
  const directory = { ...logAt(await place.lab.repositoryPath('audit')) };
  const appended = {
    directory: await appendRate(directory, signingKey, writes),
    bucket: await appendRate(await lockedBucket(place), signingKey, writes),
  };
  return { appended, entries, ...(await measureVerification(entries, place.signal)) };
}

export const logAt = (path: string): ResolvedRepository => ({
  kind: 'filesystem',
  name: 'audit',
  path,
  keepFree: 0,
  medium: 'disk',
  zone: 'fra',
  region: 'EU',
  site: 'de-fra1',
});

async function lockedBucket({ s3 }: Place): Promise<ResolvedRepository> {
  const client = new S3Client({
    endpoint: s3.endpoint,
    region: s3.region,
    credentials: s3.root,
    forcePathStyle: true,
  });
  const bucket = 'bench-audit';
  await client.send(new CreateBucketCommand({ Bucket: bucket, ObjectLockEnabledForBucket: true }));
  client.destroy();
  return {
    kind: 's3',
    name: 'audit',
    bucket,
    prefix: '',
    awsRegion: s3.region,
    endpoint: s3.endpoint,
    pathStyle: true,
    checksums: 'when-supported',
    credentials: { env: s3Environment },
    lock: { mode: 'governance', for: 3600 },
    medium: 'object',
    zone: 'ams',
    region: 'EU',
    site: 'nl-ams1',
  };
}

/** Verifies a chain of so many entries in a directory, made for it and not counted. */
async function measureVerification(
  entries: number,
  signal: AbortSignal,
): Promise<Pick<AuditFact, 'seconds' | 'peakBytes'>> {
  const path = await mkdtemp(join(tmpdir(), 'hf-bench-'));
  const worker = makeHeadSigner('worker-fra');
  try {
    let folder = '';
    for (const { key, bytes } of chainFiles(chain, batches(entries), worker)) {
      signal.throwIfAborted();
      const parent = dirname(join(path, key));
      if (parent !== folder) await mkdir(parent, { recursive: true });
      folder = parent;
      await writeFile(join(path, key), bytes);
    }
    const env = { AUDIT_PATH: path, AUDIT_SIGNER: JSON.stringify(worker.signer) };
    const { stdout } = await run({ command: process.execPath, args: [child], env }, { signal });
    return measured.parse(JSON.parse(stdout));
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

function* batches(entries: number): Generator<number> {
  for (let left = entries; left > 0; left -= batch) yield Math.min(batch, left);
}
