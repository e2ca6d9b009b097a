import { normalPath } from './overlaps.ts';
import type { Place, ResolvedRepository, S3Repository } from './resolved.ts';
import type { Policy } from './schema.ts';
import { longestSeconds, type Span } from './units.ts';

type Repository = Policy['repositories'][string];
type S3 = Extract<Repository, { kind: 's3' }>;

/** What a lock without a time of its own lasts when no retention says how long dailies are kept. */
const lockWithoutRetention: Span = { count: 30, unit: 'day' };

/** @param daily How long the plan that copies here keeps its dailies: what a lock without a time of its own lasts. */
export function resolveRepository(
  name: string,
  repository: Repository,
  place: Place,
  daily: Span | undefined,
): ResolvedRepository {
  if (repository.kind === 'filesystem') {
    const { kind, medium, keepFree } = repository;
    return { ...place, kind, name, medium, path: normalPath(repository.path), keepFree };
  }
  return { ...place, ...resolveS3(repository, daily), name };
}

function resolveS3(repository: S3, daily: Span | undefined): Omit<S3Repository, 'name' | keyof Place> {
  const { kind, bucket, medium, endpoint, storageClass, credentials, caFile } = repository;
  const encryption = encryptionOf(repository.encryption);
  const lock = lockOf(repository.lock, daily);
  return {
    kind,
    bucket,
    medium,
    prefix: repository.prefix ?? '',
    awsRegion: repository.region,
    pathStyle: repository.pathStyle ?? endpoint !== undefined,
    checksums: repository.checksums ?? (endpoint === undefined ? 'when-supported' : 'when-required'),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(storageClass === undefined ? {} : { storageClass }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(caFile === undefined ? {} : { caFile }),
    ...(encryption === undefined ? {} : { encryption }),
    ...(lock === undefined ? {} : { lock }),
  };
}

function encryptionOf(written: S3['encryption']): S3Repository['encryption'] {
  if (written === undefined) return undefined;
  return typeof written === 'string' ? { kind: written } : { kind: 'sse-kms', keyId: written.kms };
}

function lockOf(written: S3['lock'], daily: Span | undefined): S3Repository['lock'] {
  if (written === undefined || typeof written !== 'string') return written;
  return { mode: written, for: longestSeconds(daily ?? lockWithoutRetention) };
}
