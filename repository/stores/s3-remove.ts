import { DeleteObjectsCommand, type DeleteObjectsCommandOutput } from '@aws-sdk/client-s3';
import { HoldfastError } from '../../policy/errors.ts';
import type { Removal, StoredVersion } from '../store.ts';
import { S3Error } from './s3-errors.ts';
import { contentMD5Step, withContentMD5 } from './s3-integrity.ts';
import { type HeldVersion, holdOf } from './s3-lock.ts';
import { deleteVersion } from './s3-objects.ts';
import type { CallOptions, S3Session } from './s3-session.ts';
import { isUnknownThere } from './s3-versions.ts';

/** S3's limit of one DeleteObjects: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
const mostPerBatch = 1000;

/**
 * Removes versions for good, in batches where the service has them and else one by one. A batch answers 200 with
 * errors inside: every version that it does not name as deleted is asked for once more by itself, which tells why.
 *
 * @throws HoldfastError what concerns every version alike: no connection, no such bucket, credentials not accepted
 */
export async function removeVersions(
  session: S3Session,
  versions: readonly StoredVersion[],
  options: CallOptions,
): Promise<Removal[]> {
  const removals: Removal[] = [];
  let batches = true;
  // Once the service has failed for as long as patience lasts, what is left is tried once and no more.
  let patience = options.patience;
  for (let start = 0; start < versions.length; start += mostPerBatch) {
    const batch = versions.slice(start, start + mostPerBatch);
    const deleted: ReadonlySet<string> | null =
      batches && batch.length > 1 ? await deleteBatch(session, batch, options) : null;
    batches &&= deleted !== null || batch.length === 1;
    for (const version of batch) {
      const removal: Removal = deleted?.has(nameOf(version))
        ? { ...version, outcome: 'removed' }
        : await removeOne(session, version, patience === undefined ? options : { ...options, patience });
      if (removal.outcome === 'failed') patience = { seconds: 0, firstPause: 0, longestPause: 0 };
      removals.push(removal);
    }
  }
  return removals;
}

/** Which of a batch the service says that it has deleted; null when it takes no such batch. */
async function deleteBatch(
  session: S3Session,
  batch: readonly StoredVersion[],
  options: CallOptions,
): Promise<ReadonlySet<string> | null> {
  const { bucket, checksums } = session.repository;
  const Objects = batch.map(({ key, versionId }) => ({
    Key: session.keyOf(key),
    VersionId: versionId ?? 'null',
  }));
  try {
    const answer = await session.call(
      `removing ${batch.length} versions`,
      (client, sending) => {
        const command = new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } });
        if (checksums === 'when-required') command.middlewareStack.add(withContentMD5, contentMD5Step);
        return client.send(command, sending);
      },
      options,
    );
    return namedDeleted(session, answer);
  } catch (error) {
    if (error instanceof S3Error && refusesOnlyThis(error)) return null;
    throw error;
  }
}

/** Some services name a delete marker that they removed by its own id only, and none of an object without versions. */
function namedDeleted(session: S3Session, answer: DeleteObjectsCommandOutput): ReadonlySet<string> {
  const named = (answer.Deleted ?? []).flatMap(({ Key, VersionId, DeleteMarkerVersionId }) =>
    Key === undefined ? [] : [`${VersionId ?? DeleteMarkerVersionId ?? 'null'} ${session.nameOf(Key)}`],
  );
  return new Set(named);
}

function nameOf({ key, versionId }: StoredVersion): string {
  return `${versionId ?? 'null'} ${key}`;
}

async function removeOne(session: S3Session, version: StoredVersion, options: CallOptions): Promise<Removal> {
  try {
    await deleteThis(session, version, options);
    return { ...version, outcome: 'removed' };
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    if (error.service === 'NoSuchKey' || error.service === 'NoSuchVersion')
      return { ...version, outcome: 'gone' };
    if (error.code === 'service-unavailable' || error.code === 'stalled')
      return { ...version, outcome: 'failed', sentence: error.sentence };
    if (!refusesOnlyThis(error)) throw error;
    return refusalOf(session, version, error, options);
  }
}

/** Without an id a bucket with versions would only hide the object; a service that knows no versions knows no ids. */
async function deleteThis(session: S3Session, version: StoredVersion, options: CallOptions): Promise<void> {
  try {
    await deleteVersion(session, version.key, version.versionId ?? 'null', options);
  } catch (error) {
    if (version.versionId !== null || !(error instanceof S3Error) || !isUnknownThere(error)) throw error;
    await deleteVersion(session, version.key, undefined, options);
  }
}

/** Why a deletion was refused: its lock where one can be seen, else what the service says. */
async function refusalOf(
  session: S3Session,
  version: StoredVersion,
  refusal: S3Error,
  options: CallOptions,
): Promise<Removal> {
  const hold = version.kind === 'object' ? await visibleHold(session, version, options) : null;
  const name = `Repository ${session.repository.name}: ${version.key}`;
  if (hold?.until != null && hold.until.getTime() > Date.now())
    return {
      ...version,
      outcome: 'locked',
      lockedUntil: hold.until,
      sentence: `${name} is locked until ${hold.until.toISOString()}.`,
    };
  if (hold?.legalHold)
    return {
      ...version,
      outcome: 'locked',
      sentence: `${name} is under a legal hold of the service, which has no end.`,
    };
  return { ...version, outcome: 'denied', sentence: refusal.sentence };
}

async function visibleHold(
  session: S3Session,
  version: StoredVersion,
  options: CallOptions,
): Promise<HeldVersion | null> {
  try {
    return await holdOf(session, version.key, version.versionId ?? undefined, options);
  } catch (error) {
    if (error instanceof HoldfastError && error.code === 'access-denied') return null;
    throw error;
  }
}

/** A refusal of this request alone, which says nothing of the others. */
function refusesOnlyThis(error: S3Error): boolean {
  return (
    error.remedy === 'none' &&
    error.service !== 'NoSuchBucket' &&
    (error.code === 'access-denied' || error.code === 'bad-policy')
  );
}
