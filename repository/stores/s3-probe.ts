import { randomBytes } from 'node:crypto';
import { GetObjectCommand, type HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { HoldfastError, sentenceOf } from '../../policy/errors.ts';
import type { ProbeFinding } from '../store.ts';
import { serviceChecksum } from './s3-integrity.ts';
import { listPage } from './s3-list.ts';
import { deleteVersion, headObject, versionOf } from './s3-objects.ts';
import { putOnce, settingsOf } from './s3-put.ts';
import type { S3Session } from './s3-session.ts';

/** Tests of the lock hold their object no longer than this, in seconds. */
const lockSeconds = 60;
/** A probe answers a person: it does not wait long. */
const hasty = { seconds: 3, firstPause: 250, longestPause: 1000 };

type Probe = { session: S3Session; key: string; body: Buffer; signal: AbortSignal | undefined };

/**
 * Finds out what a bucket really does, with one object of 64 bytes: refuses it an overwrite, keeps it against a
 * deletion? Tried and not asked, since services claim more than they do.
 */
export async function probeS3(session: S3Session, signal: AbortSignal | undefined): Promise<ProbeFinding[]> {
  const probe: Probe = {
    session,
    key: `_probe/${randomBytes(8).toString('hex')}`,
    body: randomBytes(64),
    signal,
  };
  const reachable = await attempt('reachable', () => reach(probe));
  if (reachable.fault) return [reachable];
  const writable = await attempt('writable', () => write(probe));
  if (writable.fault) return [reachable, writable];
  const createOnly = await attempt('create-only', () => overwrite(probe));
  const readBack = await attempt('read-back', () => readBackWhat(probe));
  const found = await headObject(session, probe.key, { signal, patience: hasty }).catch(() => null);
  const deletion = await tryDeletion(probe, found);
  return [
    reachable,
    writable,
    createOnly,
    readBack,
    lockFinding(session, found, deletion),
    versionsFinding(found),
    checksumsFinding(session, found),
    deletionFinding(session, deletion),
  ];
}

async function reach({ session, signal }: Probe): Promise<ProbeFinding> {
  await listPage(session, { prefix: '', limit: 1 }, { signal, patience: hasty });
  return yes('reachable', `Bucket ${session.repository.bucket} answers and can be listed.`);
}

async function write({ session, key, body, signal }: Probe): Promise<ProbeFinding> {
  const settings = settingsOf(session.repository, false, lockSeconds);
  await putOnce(session, key, body, settings, { signal, patience: hasty });
  return yes('writable', 'The worker can write there.');
}

async function overwrite({ session, key, signal }: Probe): Promise<ProbeFinding> {
  const settings = settingsOf(session.repository, false, lockSeconds);
  const outcome = await putOnce(session, key, randomBytes(64), settings, { signal, patience: hasty });
  return outcome === 'exists'
    ? yes('create-only', 'An object that exists is not replaced (If-None-Match).')
    : no(
        'create-only',
        true,
        'The service replaced an object although it was told not to (If-None-Match): two runs could overwrite each other. Use another service.',
      );
}

async function readBackWhat({ session, key, body, signal }: Probe): Promise<ProbeFinding> {
  const target = { Bucket: session.repository.bucket, Key: session.keyOf(key) };
  const there = await session.call(
    `reading ${key}`,
    async (client, sending) =>
      (await client.send(new GetObjectCommand(target), sending)).Body?.transformToByteArray(),
    { signal, patience: hasty },
  );
  return there !== undefined && Buffer.compare(there, body) === 0
    ? yes('read-back', 'What was written reads back the same.')
    : no('read-back', true, 'What was written does not read back the same.');
}

/** What became of trying to delete the probe's own object: for good, and where that is refused, by hiding it. */
type Deletion = { version: 'done' | 'refused' | 'failed'; hide: 'done' | 'refused' | 'failed' | 'not tried' };

async function tryDeletion(
  { session, key, signal }: Probe,
  found: HeadObjectCommandOutput | null,
): Promise<Deletion> {
  const remove = (version: string | undefined) =>
    deleteVersion(session, key, version, { signal, patience: hasty }).then(
      () => 'done' as const,
      (error: unknown) =>
        error instanceof HoldfastError && ['access-denied', 'bad-policy'].includes(error.code)
          ? ('refused' as const)
          : ('failed' as const),
    );
  const versionId = found === null ? undefined : versionOf(found);
  const version = await remove(versionId);
  const hide = version === 'done' || versionId === undefined ? 'not tried' : await remove(undefined);
  return { version, hide };
}

function lockFinding(
  session: S3Session,
  found: HeadObjectCommandOutput | null,
  deletion: Deletion,
): ProbeFinding {
  const wanted = session.repository.lock;
  const mode = found?.ObjectLockMode;
  if (deletion.version === 'done') {
    return wanted === undefined
      ? no('lock', false, 'Copies are not locked there: what can delete them, can delete them at any time.')
      : no(
          'lock',
          true,
          'The lock does not hold: an object that should have been locked could be deleted. Turn object lock on for the bucket (mostly only possible when it is made).',
        );
  }
  if (!mode) {
    const sentence =
      wanted === undefined
        ? 'The policy asks for no lock there.'
        : 'Whether the lock holds is not known: the worker may not see the retention. Allow s3:GetObjectRetention.';
    return { check: 'lock', outcome: wanted === undefined ? 'no' : 'unknown', fault: false, sentence };
  }
  const weaker = wanted !== undefined && mode !== wanted.mode.toUpperCase();
  if (weaker) return no('lock', true, `The lock there is ${mode} and not ${wanted.mode} as the policy asks.`);
  return yes(
    'lock',
    `Copies are locked there (${mode.toLowerCase()}), and deleting a locked one was refused.`,
  );
}

function versionsFinding(found: HeadObjectCommandOutput | null): ProbeFinding {
  if (found === null)
    return { check: 'versions', outcome: 'unknown', fault: false, sentence: 'Versions could not be seen.' };
  return versionOf(found) === undefined
    ? no('versions', false, 'The bucket keeps no versions: an object that is deleted is gone.')
    : yes('versions', 'The bucket keeps versions.');
}

function checksumsFinding(session: S3Session, found: HeadObjectCommandOutput | null): ProbeFinding {
  const checksum = found === null ? undefined : serviceChecksum(found);
  if (checksum !== undefined)
    return yes('checksums', `The service keeps a checksum of its own (${checksum.split(':')[0]}).`);
  const hint =
    session.repository.checksums === 'when-required'
      ? ' Try `checksums: when-supported`.'
      : ' Copies are verified by reading them back.';
  return no('checksums', false, `The service gives no checksum of an object.${hint}`);
}

function deletionFinding({ repository }: S3Session, deletion: Deletion): ProbeFinding {
  // Credentials of their own for removal are worth nothing while the everyday ones can do the same.
  const fault = repository.deleteCredentials !== undefined;
  const advice = 'Give workers credentials that can write but not delete (docs/iam/s3-worker-policy.json).';
  if (deletion.version === 'done')
    return { ...yes('delete', `The worker can delete copies. ${advice}`), fault };
  if (deletion.hide === 'done')
    return { ...yes('delete', `The worker can hide copies behind delete markers. ${advice}`), fault };
  if (deletion.version === 'failed' || deletion.hide === 'failed')
    return {
      check: 'delete',
      outcome: 'unknown',
      fault: false,
      sentence: 'Whether the worker can delete is not known.',
    };
  return no(
    'delete',
    false,
    'The worker can write and not delete: whoever takes it over can not remove copies.',
  );
}

function yes(check: ProbeFinding['check'], sentence: string): ProbeFinding {
  return { check, outcome: 'yes', fault: false, sentence };
}

function no(check: ProbeFinding['check'], fault: boolean, sentence: string): ProbeFinding {
  return { check, outcome: 'no', fault, sentence };
}

async function attempt(
  check: ProbeFinding['check'],
  find: () => Promise<ProbeFinding>,
): Promise<ProbeFinding> {
  try {
    return await find();
  } catch (error) {
    return no(check, true, sentenceOf(error));
  }
}
