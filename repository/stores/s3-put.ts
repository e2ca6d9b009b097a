import { createHash } from 'node:crypto';
import {
  GetObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type StorageClass,
} from '@aws-sdk/client-s3';
import type { S3Repository } from '../../policy/resolved.ts';
import type { PutOutcome } from '../store.ts';
import { S3Error } from './s3-errors.ts';
import { integrityOf } from './s3-integrity.ts';
import type { CallOptions, S3Session } from './s3-session.ts';

export type Settings = Pick<
  PutObjectCommandInput,
  | 'ServerSideEncryption'
  | 'SSEKMSKeyId'
  | 'ObjectLockMode'
  | 'ObjectLockRetainUntilDate'
  | 'ObjectLockLegalHoldStatus'
  | 'StorageClass'
>;

/**
 * Encryption, lock and storage class of a new object. Only data takes the repository's storage class: a manifest in an
 * archive class could not be read when it is needed. `lockSeconds` shortens the lock for what is only a test.
 */
export function settingsOf(repository: S3Repository, data: boolean, lockSeconds?: number): Settings {
  const settings: Settings = {};
  if (repository.encryption?.kind === 'sse-s3') settings.ServerSideEncryption = 'AES256';
  if (repository.encryption?.kind === 'sse-kms') {
    settings.ServerSideEncryption = 'aws:kms';
    settings.SSEKMSKeyId = repository.encryption.keyId;
  }
  if (repository.lock !== undefined) {
    settings.ObjectLockMode = repository.lock.mode === 'compliance' ? 'COMPLIANCE' : 'GOVERNANCE';
    settings.ObjectLockRetainUntilDate = wholeSecond(lockSeconds ?? repository.lock.for);
  }
  if (data && repository.storageClass !== undefined)
    settings.StorageClass = asStorageClass(repository.storageClass);
  return settings;
}

/** Any name will do: the SDK's type lists Amazon's classes, and other services have their own. */
export function asStorageClass(name: string): StorageClass | undefined {
  return isStorageClass(name) ? name : undefined;
}

function isStorageClass(name: string): name is StorageClass {
  return name !== '';
}

/** Some services cut fractions off: round up, so that they never shorten a lock. */
function wholeSecond(secondsFromNow: number): Date {
  return new Date(Math.ceil(Date.now() / 1000 + secondsFromNow) * 1000);
}

/**
 * Writes a small object unless its key is taken. The answer to a write may be lost, and its repetition then finds the
 * key taken by itself: when an attempt went before this one and the object there has exactly our bytes, it counts as
 * created. Two writers of the same bytes may then both hear `created`, which leaves the same object.
 */
export async function putOnce(
  session: S3Session,
  key: string,
  body: Uint8Array,
  settings: Settings,
  options: CallOptions,
): Promise<PutOutcome> {
  const what = `writing ${key}`;
  const sha256 = createHash('sha256').update(body).digest();
  const target = { Bucket: session.repository.bucket, Key: session.keyOf(key) };
  let attempts = 0;
  try {
    await session.call(
      what,
      (client, sending, attempt) => {
        attempts = attempt;
        const integrity = integrityOf(session.repository, body, sha256);
        return client.send(
          new PutObjectCommand({ ...target, ...settings, ...integrity, Body: body, IfNoneMatch: '*' }),
          sending,
        );
      },
      options,
    );
    return 'created';
  } catch (error) {
    if (!(error instanceof S3Error) || error.status !== 412) throw error;
  }
  if (attempts === 1) return 'exists';
  const there = await session.call(
    what,
    async (client, sending) => {
      const answer = await client.send(new GetObjectCommand(target), sending);
      return answer.ContentLength === body.length ? answer.Body?.transformToByteArray() : undefined;
    },
    options,
  );
  return there !== undefined && Buffer.compare(there, body) === 0 ? 'created' : 'exists';
}

/** Writes a small object whatever its key holds; a bucket with versions keeps the older one. */
export async function putOver(
  session: S3Session,
  key: string,
  body: Uint8Array,
  settings: Settings,
  options: CallOptions,
): Promise<PutOutcome> {
  const sha256 = createHash('sha256').update(body).digest();
  const target = { Bucket: session.repository.bucket, Key: session.keyOf(key) };
  const integrity = integrityOf(session.repository, body, sha256);
  await session.call(
    `writing ${key}`,
    (client, sending) =>
      client.send(new PutObjectCommand({ ...target, ...settings, ...integrity, Body: body }), sending),
    options,
  );
  return 'created';
}
