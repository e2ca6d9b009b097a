import { GetObjectCommand, RestoreObjectCommand } from '@aws-sdk/client-s3';
import { noSuchObject } from './refusals.ts';
import { S3Error } from './s3-errors.ts';
import { headObject } from './s3-objects.ts';
import type { CallOptions, S3Session } from './s3-session.ts';

/**
 * Whether an object can be read now. Found out by reading one byte: there are services that keep the name of an archive
 * class and give the object at once.
 *
 * @throws HoldfastError `not-found` when there is no such object
 */
export async function isReadable(session: S3Session, key: string, options: CallOptions): Promise<boolean> {
  const found = await headObject(session, key, options);
  if (found === null) throw noSuchObject(session.repository.name, key);
  if (found.Restore?.includes('ongoing-request="true"')) return false;
  const atOnce = found.StorageClass === undefined || found.StorageClass === 'STANDARD';
  return atOnce || givesFirstByte(session, key, options);
}

/**
 * Whether an object can be read now; asks the service to bring it back for so many days when it can't.
 *
 * @throws HoldfastError `not-found` when there is no such object, and what the service refuses
 */
export async function thaw(
  session: S3Session,
  key: string,
  days: number,
  options: CallOptions,
): Promise<'readable' | 'requested' | 'under-way'> {
  if (await isReadable(session, key, options)) return 'readable';
  const found = await headObject(session, key, options);
  if (found?.Restore?.includes('ongoing-request="true"')) return 'under-way';
  // What Intelligent-Tiering has archived comes back for good and takes no days.
  const Days = found?.StorageClass === 'INTELLIGENT_TIERING' ? undefined : days;
  return requestRestore(session, key, Days, options);
}

async function givesFirstByte(session: S3Session, key: string, options: CallOptions): Promise<boolean> {
  const input = { Bucket: session.repository.bucket, Key: session.keyOf(key), Range: 'bytes=0-0' };
  try {
    await session.call(
      `reading ${key}`,
      async (client, sending) => {
        const answer = await client.send(new GetObjectCommand(input), sending);
        await answer.Body?.transformToByteArray();
      },
      options,
    );
    return true;
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    // An empty object has no first byte.
    if (error.status === 416) return true;
    if (error.service === 'InvalidObjectState') return false;
    throw error;
  }
}

async function requestRestore(
  session: S3Session,
  key: string,
  days: number | undefined,
  options: CallOptions,
): Promise<'readable' | 'requested' | 'under-way'> {
  const input = {
    Bucket: session.repository.bucket,
    Key: session.keyOf(key),
    RestoreRequest: {
      ...(days === undefined ? {} : { Days: days }),
      GlacierJobParameters: { Tier: 'Standard' as const },
    },
  };
  try {
    await session.call(
      `asking the archive for ${key}`,
      (client, sending) => client.send(new RestoreObjectCommand(input), sending),
      options,
    );
    return 'requested';
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    if (error.service === 'RestoreAlreadyInProgress') return 'under-way';
    if (error.service === 'ObjectAlreadyInActiveTierError') return 'readable';
    throw error;
  }
}
