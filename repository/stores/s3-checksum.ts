import { createHash } from 'node:crypto';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { repositoryMarkerKey } from '../layout.ts';
import type { ChecksumComparison, ServiceChecksum } from '../store.ts';
import { S3Error } from './s3-errors.ts';
import { checksumGiven, type KeptChecksum, keptChecksum } from './s3-integrity.ts';
import { headObject } from './s3-objects.ts';
import { PartHashes } from './s3-part-hashes.ts';
import { firstPartMetadata, type PartPlan, partSize, planBehind } from './s3-parts.ts';
import type { CallOptions, S3Session } from './s3-session.ts';

type Target = {
  session: S3Session;
  key: string;
  bytes: number;
  /** Size of the first part when it was uploaded here, as the object itself tells. */
  uploaded: string | undefined;
  options: CallOptions;
};

/**
 * The checksum that the service keeps of an object, as it is now: a copy, or another storage class, may have changed its
 * kind. How the object is cut into parts is asked of the service too, with no other right than to read. Null where
 * nothing is kept that bytes can be compared with, or where the cut can't be known.
 */
export async function checksumOf(
  session: S3Session,
  key: string,
  options: CallOptions,
): Promise<ServiceChecksum | null> {
  const found = await headObject(session, key, options);
  const kept = found === null ? null : keptChecksum(found);
  if (found === null || kept === null) return null;
  const uploaded = found.Metadata?.[firstPartMetadata];
  const target = { session, key, bytes: found.ContentLength ?? 0, uploaded, options };
  const plan = await planOf(target, kept.parts ?? 1);
  return plan === null ? null : new S3Checksum(target, kept, plan);
}

class S3Checksum implements ServiceChecksum {
  readonly #target: Target;
  readonly #kept: KeptChecksum;
  readonly #plan: PartPlan;
  /** Absent where the SHA-256 of all bytes is enough. */
  readonly #hashes: PartHashes | undefined;

  constructor(target: Target, kept: KeptChecksum, plan: PartPlan) {
    this.#target = target;
    this.#kept = kept;
    this.#plan = plan;
    const ofTheWhole = kept.algorithm === 'sha256' && (kept.parts ?? 1) === 1;
    this.#hashes = ofTheWhole ? undefined : new PartHashes(kept.algorithm, plan);
  }

  update(chunk: Uint8Array): void {
    this.#hashes?.update(chunk);
  }

  async compare(sha256: string): Promise<ChecksumComparison> {
    const { algorithm, text } = this.#kept;
    const given = checksumGiven(this.#kept, this.#hashes?.digests() ?? [Buffer.from(sha256, 'hex')]);
    if (given === text) return { outcome: 'same' };
    return (await this.#isTrusted())
      ? { outcome: 'differs', kept: `${algorithm}:${text}`, given: `${algorithm}:${given}` }
      : { outcome: 'not-comparable' };
  }

  /** Whether what is kept is really made of the object's bytes: found out only before a difference is told. */
  async #isTrusted(): Promise<boolean> {
    const { algorithm, parts } = this.#kept;
    if (parts !== null && !(await isCutBy(this.#target, this.#plan, parts))) return false;
    return algorithm === 'sha256' || (this.#isAsUploaded() && (await givesMd5s(this.#target)));
  }

  /** Parts that a service has copied by itself have ETags of other things than their bytes on some, as on SeaweedFS. */
  #isAsUploaded(): boolean {
    const { uploaded } = this.#target;
    const { parts } = this.#kept;
    if (parts === null) return true;
    return parts === 1 ? uploaded !== undefined : uploaded === String(this.#plan.first);
  }
}

async function planOf(target: Target, parts: number): Promise<PartPlan | null> {
  if (parts === 1) return { first: Number.POSITIVE_INFINITY, grows: false };
  const first = await sizeOfPart(target, 1);
  return first === null ? null : planBehind({ first, parts, bytes: target.bytes });
}

/** Whether every part has the size that was concluded from the first one. */
async function isCutBy(target: Target, plan: PartPlan, parts: number): Promise<boolean> {
  if (parts === 1) return true;
  let left = target.bytes;
  for (let number = 1; number <= parts; number += 1) {
    const size = Math.min(left, partSize(plan, number));
    if ((await sizeOfPart(target, number)) !== size) return false;
    left -= size;
  }
  return true;
}

/** Null where the service does not know of parts. */
async function sizeOfPart({ session, key, options }: Target, part: number): Promise<number | null> {
  try {
    return (await headObject(session, key, { ...options, part }))?.ContentLength ?? null;
  } catch (error) {
    if (error instanceof S3Error && error.remedy === 'none') return null;
    throw error;
  }
}

/**
 * Whether the service's ETags are MD5s, and not something else that only looks like it: the marker of the repository
 * tells, a small object that has been there since the beginning.
 */
async function givesMd5s({ session, options }: Target): Promise<boolean> {
  const input = { Bucket: session.repository.bucket, Key: session.keyOf(repositoryMarkerKey) };
  try {
    return await session.call(
      `reading ${repositoryMarkerKey}`,
      async (client, sending) => {
        const answer = await client.send(new GetObjectCommand(input), sending);
        const body = await answer.Body?.transformToByteArray();
        return body !== undefined && answer.ETag === `"${createHash('md5').update(body).digest('hex')}"`;
      },
      options,
    );
  } catch (error) {
    if (error instanceof S3Error && error.remedy === 'none') return false;
    throw error;
  }
}
