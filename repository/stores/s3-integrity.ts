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

/** How S3 writes each kind of hash. */
const encodings = { sha256: 'base64', md5: 'hex' } as const;

function composite(algorithm: keyof typeof encodings, parts: Buffer[]): string {
  const hash = createHash(algorithm).update(Buffer.concat(parts)).digest(encodings[algorithm]);
  return `${hash}-${parts.length}`;
}

/** S3's checksum of an object made of parts: the hash of the parts' hashes, and how many there were. */
export function compositeChecksum(parts: Buffer[]): string {
  return composite('sha256', parts);
}

/** The ETag that S3 gives to an object of parts whose own ETags are MD5s; null when they are not. */
export function compositeETag(etags: string[]): string | null {
  const hashes = etags.map((etag) => /^"?([0-9a-f]{32})"?$/.exec(etag)?.[1]);
  const known = hashes.flatMap((hash) => (hash === undefined ? [] : [Buffer.from(hash, 'hex')]));
  return known.length < etags.length ? null : composite('md5', known);
}

/** A checksum that a service keeps of an object, of a kind that the object's bytes can be compared with. */
export type KeptChecksum = {
  algorithm: keyof typeof encodings;
  /** As the service writes it. */
  text: string;
  /** How many parts' hashes it is made of; null when it is the hash of the whole object. */
  parts: number | null;
};

/**
 * What there is to compare with in an answer to a HEAD: S3's SHA-256, or else an ETag that looks like one made of MD5s.
 * Null where there is neither; with a customer's or a KMS key an ETag never is one
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html).
 */
export function keptChecksum(
  found: Pick<
    HeadObjectCommandOutput,
    'ChecksumSHA256' | 'ETag' | 'ServerSideEncryption' | 'SSECustomerAlgorithm'
  >,
): KeptChecksum | null {
  const { ChecksumSHA256, ServerSideEncryption = 'AES256', SSECustomerAlgorithm } = found;
  if (ChecksumSHA256 !== undefined)
    return { algorithm: 'sha256', text: ChecksumSHA256, parts: partsOf(ChecksumSHA256) };
  if (ServerSideEncryption !== 'AES256' || SSECustomerAlgorithm !== undefined) return null;
  const etag = /^"?([0-9a-f]{32}(?:-\d+)?)"?$/.exec(found.ETag ?? '')?.[1];
  return etag === undefined ? null : { algorithm: 'md5', text: etag, parts: partsOf(etag) };
}

function partsOf(checksum: string): number | null {
  const parts = /-(\d+)$/.exec(checksum)?.[1];
  return parts === undefined ? null : Number(parts);
}

/** What a service would keep of an object whose parts have these hashes; one that is not cut is one part. */
export function checksumGiven({ algorithm, parts }: KeptChecksum, digests: Buffer[]): string {
  return parts === null
    ? Buffer.concat(digests).toString(encodings[algorithm])
    : composite(algorithm, digests);
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

/** Where `withContentMD5` belongs in a command's middleware: after the SDK's own checksums. */
export const contentMD5Step = { step: 'build', priority: 'low', name: 'holdfastContentMD5' } as const;

/**
 * Middleware that gives a request the MD5 of its body in place of the checksum that the SDK adds where S3 demands one:
 * stores that don't know the newer checksums know this.
 */
export function withContentMD5<A extends { request: unknown }, R>(next: (args: A) => R): (args: A) => R {
  return (args) => {
    useContentMD5(args.request);
    return next(args);
  };
}

function useContentMD5(request: unknown): void {
  if (!hasHeaders(request) || !('body' in request) || typeof request.body !== 'string') return;
  for (const name of Object.keys(request.headers))
    if (/^x-amz-(sdk-)?checksum-/.test(name)) delete request.headers[name];
  request.headers['content-md5'] = createHash('md5').update(request.body).digest('base64');
}

function hasHeaders(request: unknown): request is { headers: Record<string, string> } {
  return typeof request === 'object' && request !== null && 'headers' in request;
}
