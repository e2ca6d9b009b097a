import {
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { HoldfastError } from '../../policy/errors.ts';
import type { CopyCut, Move } from './s3-class.ts';
import { abortUpload } from './s3-list.ts';
import { firstPartMetadata, mostParts } from './s3-parts.ts';
import type { CallOptions, S3Session } from './s3-session.ts';

/** Seconds for taking back an upload after the signal that stopped it. */
const abortSeconds = 60;

/**
 * Copies an object onto itself in parts, which the service copies by itself. Visible only when whole; what was begun is
 * taken back after a failure.
 */
export async function copyInParts(
  session: S3Session,
  move: Move,
  cut: CopyCut,
  options: CallOptions,
): Promise<void> {
  const uploadId = await begin(session, move);
  const wholeKey = session.keyOf(move.key);
  try {
    const parts: CompletedPart[] = [];
    const bytes = move.found.ContentLength ?? 0;
    const size = Math.max(cut.part, Math.ceil(bytes / mostParts));
    for (let start = 0; start < bytes; start += size) {
      const range = `bytes=${start}-${Math.min(bytes, start + size) - 1}`;
      parts.push(await copyPart(session, move, { uploadId, number: parts.length + 1, range }, options));
    }
    await session.call(
      `moving ${move.key} to another storage class`,
      (client, sending) =>
        client.send(
          new CompleteMultipartUploadCommand({
            Bucket: session.repository.bucket,
            Key: wholeKey,
            UploadId: uploadId,
            MultipartUpload: { Parts: parts },
          }),
          sending,
        ),
      { ...options, patience: session.timing.uploads },
    );
  } catch (error) {
    const signal = AbortSignal.timeout(abortSeconds * 1000);
    await abortUpload(session, { wholeKey, uploadId }, { signal }).catch(() => undefined);
    throw error;
  }
}

/** Not stopped by the signal: an upload that was begun without our learning its id could not be taken back. */
async function begin(session: S3Session, { key, found, settings }: Move): Promise<string> {
  const { bucket, checksums } = session.repository;
  // How it was once cut no longer holds.
  const { [firstPartMetadata]: _cut, ...Metadata } = found.Metadata ?? {};
  const { UploadId } = await session.call(
    `moving ${key} to another storage class`,
    (client) =>
      client.send(
        new CreateMultipartUploadCommand({
          Bucket: bucket,
          Key: session.keyOf(key),
          ...settings,
          Metadata,
          ContentType: found.ContentType,
          ...(checksums === 'when-supported' ? { ChecksumAlgorithm: 'SHA256' } : {}),
        }),
      ),
    { patience: session.timing.uploads },
  );
  if (UploadId !== undefined) return UploadId;
  throw new HoldfastError('service-unavailable', 'The service gave the upload no id.');
}

async function copyPart(
  session: S3Session,
  { key, source }: Move,
  part: { uploadId: string; number: number; range: string },
  options: CallOptions,
): Promise<CompletedPart> {
  const { CopyPartResult } = await session.call(
    `moving ${key} to another storage class`,
    (client, sending) =>
      client.send(
        new UploadPartCopyCommand({
          Bucket: session.repository.bucket,
          Key: session.keyOf(key),
          UploadId: part.uploadId,
          PartNumber: part.number,
          CopySource: source,
          CopySourceRange: part.range,
        }),
        sending,
      ),
    { ...options, patience: session.timing.uploads },
  );
  if (CopyPartResult?.ETag === undefined)
    throw new HoldfastError('service-unavailable', 'The service took a part without naming it.');
  const { ETag, ChecksumSHA256 } = CopyPartResult;
  return {
    PartNumber: part.number,
    ETag,
    ...(ChecksumSHA256 === undefined ? {} : { ChecksumSHA256 }),
  };
}
