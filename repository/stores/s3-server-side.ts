import type { S3Repository } from '../../policy/resolved.ts';
import { headObject } from './s3-objects.ts';
import { defaultTiming, S3Session } from './s3-session.ts';

/** How the service says that it encrypts an object at rest: `AES256`, `aws:kms`; null when it says nothing of it. */
export async function serverSideEncryption(
  repository: S3Repository,
  key: string,
  signal: AbortSignal,
): Promise<{ algorithm: string; keyId: string | null } | null> {
  const session = await S3Session.open(repository, defaultTiming);
  try {
    const head = await headObject(session, key, { signal });
    const algorithm = head?.ServerSideEncryption;
    return algorithm === undefined ? null : { algorithm, keyId: head?.SSEKMSKeyId ?? null };
  } finally {
    session.close();
  }
}
