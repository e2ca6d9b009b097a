import { randomBytes } from 'node:crypto';
import { HoldfastError, sentenceOf } from '../../policy/errors.ts';
import type { S3Repository } from '../../policy/resolved.ts';
import type { ProbeFinding } from '../store.ts';
import { holdOf } from './s3-lock.ts';
import { putOnce, settingsOf } from './s3-put.ts';
import { removeVersions } from './s3-remove.ts';
import { S3Session } from './s3-session.ts';
import { listVersions } from './s3-versions.ts';

/** A probe answers a person: it does not wait long. */
const hasty = { seconds: 3, firstPause: 250, longestPause: 1000 };

/**
 * Whether the credentials that are kept for removal can do what a removal does: with an object of its own they write,
 * list versions, ask for the lock, and delete for good. Nothing where the policy names none.
 */
export async function probeRemoval(
  session: S3Session,
  signal: AbortSignal | undefined,
): Promise<ProbeFinding[]> {
  const { lock: _lock, deleteCredentials, ...rest } = session.repository;
  if (deleteCredentials === undefined) return [];
  try {
    return [await tryRemoval({ ...rest, credentials: deleteCredentials }, session, signal)];
  } catch (error) {
    return [finding('no', `The credentials for removal can not remove copies: ${sentenceOf(error)}`)];
  }
}

async function tryRemoval(
  repository: S3Repository,
  { timing }: S3Session,
  signal: AbortSignal | undefined,
): Promise<ProbeFinding> {
  const session = await S3Session.open(repository, timing);
  const options = { signal, patience: hasty };
  const key = `_probe/${randomBytes(8).toString('hex')}`;
  try {
    await putOnce(session, key, randomBytes(64), settingsOf(repository, false), options);
    const versions = await listVersions(session, key, options);
    await holdOf(session, key, undefined, options);
    const [removal] = await removeVersions(session, versions, options);
    if (removal?.outcome === 'removed')
      return finding('yes', 'The credentials for removal can remove copies.');
    if (removal?.outcome === 'locked')
      return finding(
        'unknown',
        `Whether the credentials for removal can remove copies is not known: ${removal.sentence}`,
      );
    throw new HoldfastError('access-denied', removal?.sentence ?? 'the object was not listed.');
  } finally {
    session.close();
  }
}

function finding(outcome: ProbeFinding['outcome'], sentence: string): ProbeFinding {
  return { check: 'removal', outcome, fault: outcome === 'no', sentence };
}
