import {
  GetObjectLegalHoldCommand,
  GetObjectRetentionCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3';
import { HoldfastError } from '../../policy/errors.ts';
import type { Lock } from '../store.ts';
import { noSuchObject } from './refusals.ts';
import { S3Error } from './s3-errors.ts';
import { contentMD5Step, withContentMD5 } from './s3-integrity.ts';
import type { CallOptions, S3Session } from './s3-session.ts';
import { isUnknownThere } from './s3-versions.ts';

/** What holds one version of an object, with the kind of its retention. */
export type HeldVersion = Lock & { mode: 'GOVERNANCE' | 'COMPLIANCE' | null };

/**
 * What holds a version (the newest when none is given) against deletion; null where the bucket has no locks. Asked for
 * by name and not read from a HEAD, which leaves out what the credentials may not see.
 *
 * @throws HoldfastError `access-denied` when the credentials may not ask, `not-found` when there is no such object
 */
export async function holdOf(
  session: S3Session,
  key: string,
  versionId: string | undefined,
  options: CallOptions,
): Promise<HeldVersion | null> {
  const target = {
    Bucket: session.repository.bucket,
    Key: session.keyOf(key),
    ...(versionId === undefined ? {} : { VersionId: versionId }),
  };
  const what = `asking for the lock of ${key}`;
  const retention = await answered(session, key, () =>
    session.call(
      what,
      (client, sending) => client.send(new GetObjectRetentionCommand(target), sending),
      options,
    ),
  );
  if (retention === 'no-locks') return null;
  const hold = await answered(session, key, () =>
    session.call(
      what,
      (client, sending) => client.send(new GetObjectLegalHoldCommand(target), sending),
      options,
    ),
  );
  const { Mode, RetainUntilDate } = (retention !== 'none' && retention.Retention) || {};
  return {
    until: RetainUntilDate ?? null,
    legalHold: typeof hold === 'object' && hold.LegalHold?.Status === 'ON',
    mode: Mode ?? null,
  };
}

/** An answer, or that this version has none, or that the bucket or the service has no locks at all. */
async function answered<T>(
  session: S3Session,
  key: string,
  ask: () => Promise<T>,
): Promise<T | 'none' | 'no-locks'> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    if (error.service === 'NoSuchKey' || error.service === 'NoSuchVersion')
      throw noSuchObject(session.repository.name, key);
    if (withoutLock.has(error.service)) return 'none';
    if (error.service === 'InvalidRequest' || isUnknownThere(error)) return 'no-locks';
    throw error;
  }
}

/** How services say that a version has no retention or no hold; a delete marker can have neither. */
const withoutLock: ReadonlySet<string> = new Set([
  'NoSuchObjectLockConfiguration',
  'ObjectLockConfigurationNotFoundError',
  'NoSuchObjectLegalHold',
  'MethodNotAllowed',
]);

/**
 * Locks the newest version of an object at least until an instant, in whole seconds. Asked again afterwards, since
 * there are services that take a lock without holding to it.
 *
 * @throws HoldfastError `bad-policy` where the policy asks for a lock and the bucket has none, `access-denied`
 */
export async function extendLock(
  session: S3Session,
  key: string,
  until: Date,
  options: CallOptions,
): Promise<'extended' | 'already' | 'unsupported'> {
  const { bucket, name, lock } = session.repository;
  if (lock === undefined) return 'unsupported';
  const before = await holdOf(session, key, undefined, options);
  if (before === null)
    throw new HoldfastError('bad-policy', `Repository ${name}: bucket ${bucket} has no object lock.`, {
      hint: 'The policy asks for one. Turn it on for the bucket, or take `lock` out of the repository.',
    });
  if (lasts(before, until)) return 'already';
  // Some services cut fractions off.
  const RetainUntilDate = new Date(Math.ceil(until.getTime() / 1000) * 1000);
  const Mode = before.mode === 'COMPLIANCE' || lock.mode === 'compliance' ? 'COMPLIANCE' : 'GOVERNANCE';
  try {
    await putRetention(session, key, { Mode, RetainUntilDate }, options);
  } catch (error) {
    // Another run may have locked it longer meanwhile, which then refuses ours as a shortening.
    const refused = error instanceof S3Error && error.remedy === 'none';
    if (refused && lasts(await holdOf(session, key, undefined, options), until)) return 'already';
    throw error;
  }
  if (lasts(await holdOf(session, key, undefined, options), until)) return 'extended';
  throw new HoldfastError(
    'bad-policy',
    `Repository ${name}: the service took a longer lock of ${key} and does not hold it.`,
    { hint: 'Do not rely on object lock there before its operator has explained that.' },
  );
}

function lasts(held: HeldVersion | null, until: Date): boolean {
  return held?.until != null && held.until.getTime() >= until.getTime();
}

async function putRetention(
  session: S3Session,
  key: string,
  Retention: { Mode: 'GOVERNANCE' | 'COMPLIANCE'; RetainUntilDate: Date },
  options: CallOptions,
): Promise<void> {
  const input = { Bucket: session.repository.bucket, Key: session.keyOf(key), Retention };
  await session.call(
    `locking ${key}`,
    (client, sending) => {
      const command = new PutObjectRetentionCommand(input);
      if (session.repository.checksums === 'when-required')
        command.middlewareStack.add(withContentMD5, contentMD5Step);
      return client.send(command, sending);
    },
    options,
  );
}
