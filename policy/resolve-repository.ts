import { normalPath } from './overlaps.ts';
import type { Manual, Place, ResolvedRepository, S3Repository } from './resolved.ts';
import type { Policy } from './schema.ts';

type Repository = Policy['repositories'][string];
type S3 = Extract<Repository, { kind: 's3' }>;

/** @param lockSeconds What a lock without a time of its own lasts. */
export function resolveRepository(
  name: string,
  repository: Repository,
  place: Place,
  lockSeconds: number,
): ResolvedRepository {
  const manual = manualOf(repository);
  const common = { ...place, name, medium: repository.medium, ...(manual === undefined ? {} : { manual }) };
  if (repository.kind === 'filesystem') {
    const { kind, keepFree } = repository;
    return { ...common, kind, path: normalPath(repository.path), keepFree };
  }
  return { ...common, ...resolveS3(repository, lockSeconds) };
}

/** Whether a person attaches it, so that backups do not wait for it. */
export function isManual(repository: Repository): boolean {
  return repository.online === 'manual';
}

function manualOf({ online, schedule, attach }: Repository): Manual | undefined {
  if (online !== 'manual' || schedule === undefined || attach === undefined) return undefined;
  const { role, remind, escalate, patience } = attach;
  return { schedule, role, remind, patience, ...(escalate === undefined ? {} : { escalate }) };
}

function resolveS3(
  repository: S3,
  lockSeconds: number,
): Omit<S3Repository, 'name' | 'medium' | 'manual' | keyof Place> {
  const { kind, bucket, endpoint, storageClass, credentials, deleteCredentials, caFile } = repository;
  const encryption = encryptionOf(repository.encryption);
  const lock = lockOf(repository.lock, lockSeconds);
  return {
    kind,
    bucket,
    prefix: repository.prefix ?? '',
    awsRegion: repository.region,
    pathStyle: repository.pathStyle ?? endpoint !== undefined,
    checksums: repository.checksums ?? (endpoint === undefined ? 'when-supported' : 'when-required'),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(storageClass === undefined ? {} : { storageClass }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(deleteCredentials === undefined ? {} : { deleteCredentials }),
    ...(caFile === undefined ? {} : { caFile }),
    ...(encryption === undefined ? {} : { encryption }),
    ...(lock === undefined ? {} : { lock }),
  };
}

function encryptionOf(written: S3['encryption']): S3Repository['encryption'] {
  if (written === undefined) return undefined;
  return typeof written === 'string' ? { kind: written } : { kind: 'sse-kms', keyId: written.kms };
}

function lockOf(written: S3['lock'], seconds: number): S3Repository['lock'] {
  if (written === undefined || typeof written !== 'string') return written;
  return { mode: written, for: seconds };
}
