import { CopyObjectCommand, type HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { HoldfastError } from '../../policy/errors.ts';
import { noSuchObject } from './refusals.ts';
import { copyInParts } from './s3-copy-parts.ts';
import { S3Error } from './s3-errors.ts';
import { serviceChecksum } from './s3-integrity.ts';
import { type HeldVersion, holdOf } from './s3-lock.ts';
import { headObject, versionOf } from './s3-objects.ts';
import { asStorageClass, putOnce, type Settings, settingsOf } from './s3-put.ts';
import type { CallOptions, S3Session } from './s3-session.ts';

/** S3's limits of one CopyObject, and how larger objects are cut; in bytes. Tests make them smaller. */
export type CopyCut = { largest: number; part: number };
export const defaultCut: CopyCut = { largest: 5 * 2 ** 30, part: 512 * 2 ** 20 };

/** What is copied onto itself: as it was found, and what the copy gets. */
export type Move = {
  key: string;
  found: HeadObjectCommandOutput;
  /** Bucket, key and version, as CopySource wants them. */
  source: string;
  settings: Settings;
};

/**
 * Moves an object to another storage class by copying it onto itself inside the service, with its metadata, its lock
 * and a checksum of the same kind. Where the bucket keeps versions, the one in the old class stays behind as an older
 * version until its lock has ended, and is paid for so long: `removeVersions` may remove it then.
 *
 * Whether the class exists is tried with an empty object first, since a service that knows no classes would copy
 * everything for nothing, at each run.
 *
 * @throws HoldfastError `not-found`; `access-denied` when it lies in an archive and has to be thawed first; `corrupt-copy`
 *   when what the service made is not the same
 */
export async function setStorageClass(
  session: S3Session,
  key: string,
  storageClass: string,
  options: CallOptions & { cut?: CopyCut },
): Promise<'moved' | 'already' | 'unsupported'> {
  const found = await headObject(session, key, options);
  if (found === null) throw noSuchObject(session.repository.name, key);
  if (classOf(found) === storageClass) return 'already';
  if (!(await takesClass(session, storageClass, options))) return 'unsupported';
  const held = await holdOf(session, key, versionOf(found), options);
  const { ServerSideEncryption, SSEKMSKeyId } = settingsOf(session.repository, true);
  const settings: Settings = {
    ...(ServerSideEncryption === undefined ? {} : { ServerSideEncryption }),
    ...(SSEKMSKeyId === undefined ? {} : { SSEKMSKeyId }),
    ...lockSettings(held),
    StorageClass: asStorageClass(storageClass),
  };
  const move = { key, found, source: sourceOf(session, key, versionOf(found)), settings };
  const { cut = defaultCut } = options;
  if ((found.ContentLength ?? 0) > cut.largest) await copyInParts(session, move, cut, options);
  else await copyWhole(session, move, options);
  await checkMoved(session, move, storageClass, options);
  return 'moved';
}

/** The copy is locked from its first moment on, as the object is. */
function lockSettings(held: HeldVersion | null): Settings {
  if (held === null) return {};
  const { mode, until, legalHold } = held;
  const lasting = mode !== null && until !== null && until.getTime() > Date.now();
  return {
    ...(lasting ? { ObjectLockMode: mode, ObjectLockRetainUntilDate: until } : {}),
    ...(legalHold ? { ObjectLockLegalHoldStatus: 'ON' } : {}),
  };
}

function classOf({ StorageClass = 'STANDARD' }: HeadObjectCommandOutput): string {
  return StorageClass;
}

/** Whether an object written with a class is in that class afterwards. */
async function takesClass(session: S3Session, storageClass: string, options: CallOptions): Promise<boolean> {
  const key = `_probe/class-${storageClass}`;
  const settings = {
    ...settingsOf(session.repository, false, 60),
    StorageClass: asStorageClass(storageClass),
  };
  try {
    await putOnce(session, key, new Uint8Array(0), settings, options);
  } catch (error) {
    if (error instanceof S3Error && error.service === 'InvalidStorageClass') return false;
    throw error;
  }
  const found = await headObject(session, key, options);
  return found !== null && classOf(found) === storageClass;
}

function sourceOf(session: S3Session, key: string, version: string | undefined): string {
  const path = `${session.repository.bucket}/${session.keyOf(key)}`.split('/').map(encodeURIComponent);
  return `${path.join('/')}${version === undefined ? '' : `?versionId=${encodeURIComponent(version)}`}`;
}

async function copyWhole(session: S3Session, move: Move, options: CallOptions): Promise<void> {
  const { bucket, checksums } = session.repository;
  const input = {
    Bucket: bucket,
    Key: session.keyOf(move.key),
    CopySource: move.source,
    ...move.settings,
    // Given again instead of kept by the service: some refuse a copy onto itself that changes nothing but the class.
    MetadataDirective: 'REPLACE' as const,
    Metadata: move.found.Metadata,
    ContentType: move.found.ContentType,
    ...(checksums === 'when-supported' ? { ChecksumAlgorithm: 'SHA256' as const } : {}),
  };
  await session.call(
    `moving ${move.key} to another storage class`,
    async (client, sending, attempt) => {
      // The answer to the attempt before may have been lost: a second copy would only leave one more version.
      if (attempt > 1 && (await isMoved(session, move, options))) return;
      await client.send(new CopyObjectCommand(input), sending);
    },
    { ...options, patience: session.timing.uploads },
  );
}

async function isMoved(session: S3Session, move: Move, options: CallOptions): Promise<boolean> {
  const now = await headObject(session, move.key, options);
  return now !== null && classOf(now) === move.settings.StorageClass;
}

/** What the service has made must be what it was, as far as it tells. */
async function checkMoved(
  session: S3Session,
  { key, found }: Move,
  storageClass: string,
  options: CallOptions,
): Promise<void> {
  const now = await headObject(session, key, options);
  const [before, after] = [found, now ?? undefined].map((head) => head && serviceChecksum(head));
  const whole = [before, after].every((checksum) => checksum !== undefined && !/-\d+$/.test(checksum));
  const sameKind = whole && before?.split(':')[0] === after?.split(':')[0];
  const sameBytes = now?.ContentLength === found.ContentLength && !(sameKind && before !== after);
  if (now !== null && classOf(now) === storageClass && sameBytes) return;
  throw new HoldfastError(
    'corrupt-copy',
    `Repository ${session.repository.name}: ${key} is not the same after its move to ${storageClass}.`,
    { hint: 'Verify this copy (`holdfast backup verify`), and use another one until it is.' },
  );
}
