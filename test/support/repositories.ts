import type { FilesystemRepository, S3Repository } from '../../policy/resolved.ts';

/** A resolved repository in a directory, for tests that need one and care for a few of its fields. */
export function directoryAt(path: string, changes: Partial<FilesystemRepository> = {}): FilesystemRepository {
  return {
    kind: 'filesystem',
    name: 'local',
    zone: 'fra',
    region: 'EU',
    site: 'de-fra1',
    medium: 'disk',
    path,
    keepFree: 0,
    ...changes,
  };
}

/** As `directoryAt`, in a bucket. */
export function bucketNamed(bucket: string, changes: Partial<S3Repository> = {}): S3Repository {
  return {
    kind: 's3',
    name: 'offsite',
    zone: 'ams',
    region: 'EU',
    site: 'nl-ams1',
    medium: 'object',
    bucket,
    prefix: '',
    awsRegion: 'nl-ams1',
    pathStyle: true,
    checksums: 'when-supported',
    ...changes,
  };
}
