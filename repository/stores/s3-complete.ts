import { CompleteMultipartUploadCommand, type HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { HoldfastError } from '../../policy/errors.ts';
import type { UploadReceipt } from '../store.ts';
import { alreadyExists } from './refusals.ts';
import { S3Error } from './s3-errors.ts';
import { compositeChecksum, compositeETag, serviceChecksum } from './s3-integrity.ts';
import { headObject } from './s3-objects.ts';
import type { CallOptions, S3Session } from './s3-session.ts';

/** A part that the service has acknowledged. */
export type SentPart = { number: number; bytes: number; etag: string; sha256: Buffer };

export type Completion = {
  key: string;
  uploadId: string;
  parts: SentPart[];
  /** Whether it may take the place of an object that has its key. */
  replaces: boolean;
};

/**
 * Makes the object of an upload visible, unless its key is taken. The answer may be lost after the service has done
 * it: the object there, when it is made of our parts, then counts as ours.
 *
 * The condition on Complete is not atomic everywhere, and some services don't have it: data keys are unique to each
 * attempt, so that this is a second guard only.
 *
 * @throws HoldfastError `already-exists`, `corrupt-copy` when the service made something else of the parts.
 */
export async function completeUpload(
  session: S3Session,
  completion: Completion,
  options: CallOptions,
): Promise<UploadReceipt> {
  const { repository, timing } = session;
  const patient = { ...options, patience: timing.uploads };
  if (!completion.replaces && (await headObject(session, completion.key, options)) !== null)
    throw alreadyExists(repository.name, completion.key);
  let conditional = !completion.replaces;
  try {
    await session.call(
      `completing ${completion.key}`,
      async (client, sending) => {
        await client.send(commandOf(session, completion, conditional), sending).catch((error: unknown) => {
          if (!conditional || !isNotImplemented(error)) throw error;
          conditional = false;
          return client.send(commandOf(session, completion, conditional), sending);
        });
      },
      patient,
    );
  } catch (error) {
    // A repetition of what was done already meets the object itself, or no upload any more.
    const answered = error instanceof S3Error && (error.status === 412 || error.status === 404);
    if (!answered || !(await isThere(session, completion, options))) {
      throw answered && error.status === 412 ? alreadyExists(repository.name, completion.key) : error;
    }
  }
  const total = completion.parts.reduce((sum, part) => sum + part.bytes, 0);
  const expected = compositeChecksum(completion.parts.map((part) => part.sha256));
  return receiptOf(session, completion.key, total, options, expected);
}

/**
 * What the service says that it has stored.
 *
 * @throws HoldfastError `corrupt-copy` when that is not what was sent.
 */
export async function receiptOf(
  session: S3Session,
  key: string,
  bytes: number,
  options: CallOptions,
  sha256?: string,
): Promise<UploadReceipt> {
  const found = await headObject(session, key, options);
  const checksum = found === null ? undefined : serviceChecksum(found);
  const differs =
    sha256 !== undefined && found?.ChecksumSHA256 !== undefined && found.ChecksumSHA256 !== sha256;
  if (found?.ContentLength !== bytes || differs)
    throw new HoldfastError(
      'corrupt-copy',
      `Repository ${session.repository.name}: the service did not store ${key} as it was sent.`,
      { hint: 'Do not trust this store before its operator has explained that.' },
    );
  return { bytes, ...(checksum === undefined ? {} : { serviceChecksum: checksum }) };
}

async function isThere(session: S3Session, completion: Completion, options: CallOptions): Promise<boolean> {
  const found = await headObject(session, completion.key, options);
  return found !== null && madeOf(found, completion.parts);
}

/** Whether an object is the one that our parts make: by its size, and by its checksum or else its ETag where it has one. */
export function madeOf(
  found: Pick<HeadObjectCommandOutput, 'ContentLength' | 'ChecksumSHA256' | 'ETag'>,
  parts: SentPart[],
): boolean {
  if (found.ContentLength !== parts.reduce((sum, part) => sum + part.bytes, 0)) return false;
  if (found.ChecksumSHA256 !== undefined)
    return found.ChecksumSHA256 === compositeChecksum(parts.map((part) => part.sha256));
  const ours = compositeETag(parts.map((part) => part.etag));
  const theirs = found.ETag?.replaceAll('"', '');
  return ours === null || theirs === undefined || !/^[0-9a-f]{32}-\d+$/.test(theirs) || theirs === ours;
}

function commandOf(
  session: S3Session,
  { key, uploadId, parts }: Completion,
  conditional: boolean,
): CompleteMultipartUploadCommand {
  const withChecksums = session.repository.checksums === 'when-supported';
  return new CompleteMultipartUploadCommand({
    Bucket: session.repository.bucket,
    Key: session.keyOf(key),
    UploadId: uploadId,
    ...(conditional ? { IfNoneMatch: '*' } : {}),
    MultipartUpload: {
      Parts: parts.map(({ number, etag, sha256 }) => ({
        PartNumber: number,
        ETag: etag,
        ...(withChecksums ? { ChecksumSHA256: sha256.toString('base64') } : {}),
      })),
    },
  });
}

function isNotImplemented(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'name' in error && error.name === 'NotImplemented';
}
