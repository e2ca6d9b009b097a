import { DeleteObjectCommand, HeadObjectCommand, type HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { HoldfastError } from '../../policy/errors.ts';
import { S3Error } from './s3-errors.ts';
import type { CallOptions, S3Session } from './s3-session.ts';

/** More versions than this under one key are not ours. */
const mostVersions = 100;

/** What the service says about an object, or about one part of it; null when there is none. */
export async function headObject(
  session: S3Session,
  key: string,
  options: CallOptions & { part?: number },
): Promise<HeadObjectCommandOutput | null> {
  const checksums = session.repository.checksums === 'when-supported';
  try {
    return await session.call(
      `looking at ${key}`,
      (client, sending) =>
        client.send(
          new HeadObjectCommand({
            Bucket: session.repository.bucket,
            Key: session.keyOf(key),
            ...(checksums ? { ChecksumMode: 'ENABLED' } : {}),
            ...(options.part === undefined ? {} : { PartNumber: options.part }),
          }),
          sending,
        ),
      options,
    );
  } catch (error) {
    // The answer to a HEAD has no body, so a missing bucket looks the same here; a listing tells it.
    if (error instanceof S3Error && error.status === 404) return null;
    throw error;
  }
}

/** Removes one version of an object, or where none is given the object (with versions: hides it). */
export async function deleteVersion(
  session: S3Session,
  key: string,
  versionId: string | undefined,
  options: CallOptions,
): Promise<void> {
  const target = { Bucket: session.repository.bucket, Key: session.keyOf(key) };
  await session.call(
    `removing ${key}`,
    (client, sending) =>
      client.send(
        new DeleteObjectCommand({ ...target, ...(versionId === undefined ? {} : { VersionId: versionId }) }),
        sending,
      ),
    options,
  );
}

/**
 * Removes an object with its versions, the newest first, for good: hiding it behind a delete marker would free
 * nothing. What a lock holds is refused before anything is sent.
 *
 * @throws HoldfastError `access-denied`
 */
export async function removeObject(session: S3Session, key: string, options: CallOptions): Promise<void> {
  for (let version = 0; version < mostVersions; version += 1) {
    const found = await headObject(session, key, options);
    if (found === null) return;
    const lockedUntil = found.ObjectLockRetainUntilDate;
    if (lockedUntil !== undefined && lockedUntil.getTime() > Date.now())
      throw new HoldfastError(
        'access-denied',
        `Repository ${session.repository.name}: ${key} is locked until ${lockedUntil.toISOString()}.`,
        { hint: 'It can be removed after that.' },
      );
    await deleteVersion(session, key, versionOf(found), options);
  }
  throw new HoldfastError(
    'access-denied',
    `Repository ${session.repository.name}: ${key} is still there after ${mostVersions} removals.`,
  );
}

/** The version that a HEAD found, where the bucket keeps versions. */
export function versionOf(found: HeadObjectCommandOutput): string | undefined {
  return found.VersionId === undefined || found.VersionId === 'null' ? undefined : found.VersionId;
}
