import { createHash, randomBytes } from 'node:crypto';
import { HoldfastError } from '../policy/errors.ts';
import type { ResolvedRepository } from '../policy/resolved.ts';
import {
  attemptOf,
  type BackupName,
  type Encryption,
  fileNameOf,
  keyOf,
  openRepository,
  openStore,
  prepareEncryption,
  type WrittenFile,
  writeCopies,
  zstdStage,
} from '../repository/index.ts';
import type { Manifest, ManifestFile } from '../repository/manifest.ts';
import type { Store } from '../repository/store.ts';
import { driverFor } from '../sources/index.ts';
import type { BackupSession, FingerprintDocument, StreamFile } from '../sources/source.ts';
import type { Reason } from '../workflows/contract.ts';
import { recordDroppedCopy, recordDump } from './metrics.ts';
import { reasonOf } from './reason.ts';
import type { DumpInput, DumpResult } from './types.ts';
import type { Work } from './work.ts';

/** One attempt at a dump: its own file names, and the copies that are still with it. */
type Attempt = {
  input: DumpInput;
  name: BackupName;
  id: string;
  live: Map<string, Store>;
  dropped: Map<string, Reason>;
  work: Work;
  encryption: Encryption;
};

/**
 * Dump and fingerprint in one snapshot, each stream compressed, encrypted, hashed and stored in every target in one
 * pass (law 3). Data only: nothing that is stored here counts before its manifest is committed (law 1).
 *
 * @throws HoldfastError when no target took everything, or when any process of the pipeline failed (law 2)
 */
export async function dump(work: Work, input: DumpInput): Promise<DumpResult> {
  const { plan } = input;
  const startedAt = new Date();
  const stop = new AbortController();
  const encryption = await prepareEncryption(plan.key, work);
  const attempt: Attempt = {
    input,
    name: { source: plan.source.name, backupId: input.backupId },
    id: attemptOf(randomBytes(3).toString('hex')),
    live: new Map(),
    dropped: new Map(),
    work: { ...work, signal: AbortSignal.any([work.signal, stop.signal]) },
    encryption,
  };
  const stores: Store[] = [];
  try {
    await openTargets(attempt, stores);
    const session = await driverFor(plan.source.kind).openBackup(plan.source, plan, attempt.work);
    try {
      const { files, fingerprint } = await readSession(attempt, session, stop);
      const manifest = manifestOf(input, session, files, fingerprint, startedAt);
      recordDump(manifest, (Date.now() - startedAt.getTime()) / 1000);
      return {
        manifest,
        stored: [...attempt.live.keys()],
        dropped: [...attempt.dropped].map(([repository, reason]) => ({ repository, reason })),
      };
    } finally {
      await session.close();
    }
  } finally {
    for (const store of stores) store.close();
    await encryption.close();
  }
}

async function openTargets(attempt: Attempt, stores: Store[]): Promise<void> {
  const { plan, targets } = attempt.input;
  await Promise.all(
    plan.copies
      .filter((repository) => targets.includes(repository.name))
      .map((repository) => orDrop(attempt, repository.name, () => openTarget(attempt, repository, stores))),
  );
  requireLive(attempt);
}

async function openTarget(attempt: Attempt, repository: ResolvedRepository, stores: Store[]): Promise<void> {
  const store = await openStore(repository);
  stores.push(store);
  await openRepository(store, attempt.work.signal);
  attempt.live.set(repository.name, store);
}

/**
 * The fingerprint is read beside the streams, through the same snapshot. When either fails the other is ended, and has
 * ended before the first one's error is thrown.
 */
async function readSession(attempt: Attempt, session: BackupSession, stop: AbortController) {
  const failures: unknown[] = [];
  const orStop = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      failures.push(error);
      stop.abort();
      throw error;
    });
  const [streams, fingerprinting] = await Promise.allSettled([
    orStop(storeStreams(attempt, session)),
    orStop(session.fingerprint()),
  ]);
  if (streams.status === 'rejected' || fingerprinting.status === 'rejected') throw failures[0];
  const files = streams.value;
  const fingerprint = fingerprinting.value;
  if (fingerprint !== null) files.push(await storeFingerprint(attempt, fingerprint));
  return { files, fingerprint };
}

async function storeStreams(attempt: Attempt, session: BackupSession): Promise<ManifestFile[]> {
  const files: ManifestFile[] = [];
  for (const stream of session.streams) files.push(await storeStream(attempt, session, stream));
  return files;
}

async function storeStream(
  attempt: Attempt,
  session: BackupSession,
  stream: StreamFile,
): Promise<ManifestFile> {
  const { encryption } = attempt;
  const fileName = fileNameOf(stream.extension, attempt.id, ['zstd', encryption.name]);
  const written = await writeStream(attempt, session, stream, fileName).catch((error: unknown) => {
    throw stream.explain(error);
  });
  for (const outcome of written.outcomes) {
    if (outcome.outcome === 'failed') drop(attempt, outcome.name, outcome.error);
  }
  requireLive(attempt);
  const { bytes, rawBytes, seconds } = written;
  attempt.work.log('info', `Stored ${fileName}`, { role: stream.role, bytes, rawBytes, seconds });
  return {
    name: fileName,
    role: stream.role,
    stages: [...stream.stages, 'zstd', encryption.name],
    rawBytes: written.rawBytes,
    bytes: written.bytes,
    sha256: written.sha256,
  };
}

async function writeStream(
  attempt: Attempt,
  session: BackupSession,
  stream: StreamFile,
  fileName: string,
): Promise<WrittenFile> {
  const key = keyOf(attempt.name, fileName);
  return writeCopies({
    stages: [await stream.open(), zstdStage, attempt.encryption.stage],
    targets: [...attempt.live].map(([name, store]) => ({ name, store, key })),
    ...(stream.role === 'data' ? { expectedBytes: session.facts.estimatedBytes } : {}),
    stallSeconds: attempt.input.plan.stall,
    signal: attempt.work.signal,
    onProgress: ({ bytes, bytesPerSecond, elapsed }) =>
      attempt.work.report({ phase: `dumping ${stream.role}`, bytes, bytesPerSecond, elapsed }),
  });
}

async function storeFingerprint(attempt: Attempt, fingerprint: FingerprintDocument): Promise<ManifestFile> {
  const body = Buffer.from(fingerprint.json);
  const fileName = fileNameOf('fingerprint.json', attempt.id, []);
  const key = keyOf(attempt.name, fileName);
  await Promise.all(
    [...attempt.live].map(([name, store]) =>
      orDrop(attempt, name, () => store.putIfAbsent(key, body, attempt.work.signal)),
    ),
  );
  requireLive(attempt);
  const sha256 = createHash('sha256').update(body).digest('hex');
  return {
    name: fileName,
    role: 'fingerprint',
    stages: ['json'],
    rawBytes: body.length,
    bytes: body.length,
    sha256,
  };
}

async function orDrop(attempt: Attempt, repository: string, body: () => Promise<unknown>): Promise<void> {
  try {
    await body();
  } catch (error) {
    if (attempt.work.signal.aborted) throw error;
    drop(attempt, repository, error);
  }
}

function drop(attempt: Attempt, repository: string, error: unknown): void {
  const reason = reasonOf(error);
  attempt.live.delete(repository);
  attempt.dropped.set(repository, reason);
  attempt.work.log('warn', `The copy in ${repository} was dropped from this run: ${reason.sentence}`);
  recordDroppedCopy(attempt.input.plan.name, repository, reason.code);
}

function requireLive(attempt: Attempt): void {
  if (attempt.live.size > 0) return;
  const [reason] = attempt.dropped.values();
  if (reason === undefined)
    throw new HoldfastError('unreachable', 'No repository of this plan can be written to.');
  throw new HoldfastError(reason.code, reason.sentence);
}

function manifestOf(
  { plan, occurrence, backupId }: DumpInput,
  session: BackupSession,
  files: ManifestFile[],
  fingerprint: FingerprintDocument | null,
  startedAt: Date,
): Manifest {
  return {
    format: 'holdfast-manifest/1',
    organization: plan.organization,
    plan: plan.name,
    source: plan.source.name,
    kind: plan.source.kind,
    backupId,
    workflowId: occurrence.workflowId,
    runId: occurrence.runId,
    policyHash: plan.policyHash,
    startedAt: startedAt.toISOString(),
    endedAt: new Date().toISOString(),
    dataTime: session.dataTime,
    key: plan.key.name,
    server: session.facts.server,
    tools: session.facts.tools,
    origin: session.facts.origin,
    files,
    fingerprint: fingerprint?.summary ?? null,
    copies: plan.copies.map((copy) => copy.name),
    dependsOn: null,
  };
}
