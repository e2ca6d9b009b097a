import { createHash } from 'node:crypto';
import type { HeadObjectCommandOutput, UploadPartCommand } from '@aws-sdk/client-s3';
import type { S3Repository } from '../../policy/resolved.ts';

/** What goes with a body so that the service refuses it when damaged. */
export type Integrity = { ChecksumSHA256?: string; ContentMD5?: string };

/**
 * How bodies are protected, by the repository's `checksums`. The signature covers the SHA-256 of every body in any
 * case. `when-supported` adds S3's own SHA-256 checksum, which the service keeps and gives back; `when-required` adds
 * nothing, except the MD5 that S3 demands with a lock and that the oldest stores know.
 */
export function integrityOf(repository: S3Repository, body: Uint8Array, sha256: Buffer): Integrity {
  if (repository.checksums === 'when-supported') return { ChecksumSHA256: sha256.toString('base64') };
  if (repository.lock === undefined) return {};
  return { ContentMD5: createHash('md5').update(body).digest('base64') };
}

/** S3's checksum of an object made of parts: the hash of the parts' hashes, and how many there were. */
export function compositeChecksum(parts: Buffer[]): string {
  return `${createHash('sha256').update(Buffer.concat(parts)).digest('base64')}-${parts.length}`;
}

/** The ETag that S3 gives to an object of parts whose own ETags are MD5s; null when they are not. */
export function compositeETag(etags: string[]): string | null {
  const hashes = etags.map((etag) => /^"?([0-9a-f]{32})"?$/.exec(etag)?.[1]);
  const hash = createHash('md5');
  for (const each of hashes) {
    if (each === undefined) return null;
    hash.update(Buffer.from(each, 'hex'));
  }
  return `${hash.digest('hex')}-${etags.length}`;
}

/** The service's checksum of a whole object as one comparable text, `sha256:…`; undefined when it gives none. */
export function serviceChecksum(found: HeadObjectCommandOutput): string | undefined {
  if (found.ChecksumSHA256 !== undefined) return `sha256:${found.ChecksumSHA256}`;
  if (found.ChecksumCRC64NVME !== undefined) return `crc64nvme:${found.ChecksumCRC64NVME}`;
  if (found.ChecksumCRC32C !== undefined) return `crc32c:${found.ChecksumCRC32C}`;
  if (found.ChecksumCRC32 !== undefined) return `crc32:${found.ChecksumCRC32}`;
  return undefined;
}

/**
 * Gives a command the SHA-256 of its body for the signature, which the SDK would else compute once more.
 */
export function withBodyHash(command: UploadPartCommand, sha256: Buffer): UploadPartCommand {
  command.middlewareStack.add(
    (next) => (args) => {
      const { request } = args;
      if (hasHeaders(request)) request.headers['x-amz-content-sha256'] = sha256.toString('hex');
      return next(args);
    },
    { step: 'build', name: 'holdfastBodyHash' },
  );
  return command;
}

function hasHeaders(request: unknown): request is { headers: Record<string, string> } {
  return typeof request === 'object' && request !== null && 'headers' in request;
}
