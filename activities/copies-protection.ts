import { type CopyLock, isLockedFor, lockVerdict } from '../checks/copy-lock.ts';
import type { ResolvedPolicy, ResolvedRepository, S3Repository } from '../policy/resolved.ts';
import { type BackupListing, keyOf } from '../repository/index.ts';
import type { Manifest } from '../repository/manifest.ts';
import type { Store } from '../repository/store.ts';
import { serverSideEncryption } from '../repository/stores/s3-server-side.ts';
import type { Verdict } from '../workflows/contract-checks.ts';
import { reasonOf } from './reason.ts';
import type { Work } from './work.ts';

type Read = { backup: BackupListing; manifest: Manifest | { unread: string } };

/** Whether a copy's data was encrypted before it left, and is encrypted at rest where the policy says so. */
export async function encryptionVerdict(
  work: Work,
  repository: ResolvedRepository,
  { backup, manifest }: Read,
): Promise<Verdict> {
  const { backupId } = backup;
  if ('unread' in manifest) return { outcome: 'not-checked', sentence: `${backupId}: ${manifest.unread}` };
  const secret = manifest.files.filter(({ role }) => role === 'data' || role === 'globals');
  const open = secret.filter(({ stages }) => !stages.some((stage) => stage.startsWith('gpg')));
  if (open.length > 0)
    return {
      outcome: 'no',
      sentence: `${open.map(({ name }) => name).join(' and ')} of ${backupId} ${open.length === 1 ? 'is' : 'are'} not encrypted. Find out who made it.`,
    };
  const [file] = secret;
  if (repository.kind !== 's3' || repository.encryption === undefined || file === undefined)
    return { outcome: 'yes', sentence: `${backupId} is encrypted by gpg.` };
  return attempted(work, backupId, () => atRest(work, repository, keyOf(backup, file.name), backupId));
}

async function atRest(work: Work, repository: S3Repository, key: string, backupId: string): Promise<Verdict> {
  const wanted = repository.encryption?.kind === 'sse-kms' ? 'aws:kms' : 'AES256';
  const found = await serverSideEncryption(repository, key, work.signal);
  if (found?.algorithm === wanted)
    return { outcome: 'yes', sentence: `${backupId} is encrypted by gpg, and at rest by ${wanted}.` };
  return {
    outcome: 'no',
    sentence: `${backupId} is encrypted at rest by ${found?.algorithm ?? 'nothing'}, and the policy wants ${wanted}. Set the default encryption of bucket ${repository.bucket}.`,
  };
}

/** For how long a plan's copies are to be locked, and how to ask what an earlier policy said. */
export type WantedLock = {
  plan: string;
  seconds: number;
  policyHash: string;
  /** A policy that was applied once, by its hash; null where it can't be read. */
  onceApplied(hash: string): Promise<ResolvedPolicy | null>;
};

/** Whether the files of a copy are locked for as long as the policy says, or said when it was made. */
export async function lockedVerdict(
  work: Work,
  repository: ResolvedRepository,
  store: Store,
  wanted: WantedLock,
  { backup, manifest }: Read,
): Promise<Verdict> {
  if (repository.kind !== 's3' || repository.lock === undefined)
    return { outcome: 'yes', sentence: `The policy asks for no lock in ${repository.name}.` };
  const { backupId, startedAt } = backup;
  if ('unread' in manifest) return { outcome: 'not-checked', sentence: `${backupId} could not be read.` };
  return attempted(work, backupId, async () => {
    const files: CopyLock['files'] = [];
    for (const name of [...manifest.files.map((file) => file.name), 'manifest.json'])
      files.push({ name, held: await store.lockOf(keyOf(backup, name), work.signal) });
    const copy = {
      ...{ backupId, startedAt, bucket: repository.bucket, files },
      ...{ wanted: wanted.seconds, promised: null },
    };
    if (isLockedFor(copy, wanted.seconds) || manifest.policyHash === wanted.policyHash)
      return lockVerdict(copy);
    const policy = await wanted.onceApplied(manifest.policyHash);
    return lockVerdict({ ...copy, promised: promisedBy(policy, wanted.plan, repository.name) });
  });
}

/** For how long a policy locked a plan's copies in a repository, in seconds; null where it knows neither. */
function promisedBy(policy: ResolvedPolicy | null, plan: string, repository: string): number | null {
  const copy = policy?.plans[plan]?.copies.find(({ name }) => name === repository);
  if (copy === undefined) return null;
  return copy.kind === 's3' && copy.lock !== undefined ? copy.lock.for : 0;
}

async function attempted(work: Work, backupId: string, ask: () => Promise<Verdict>): Promise<Verdict> {
  try {
    return await ask();
  } catch (error) {
    if (work.signal.aborted) throw error;
    return {
      outcome: 'not-checked',
      sentence: `${backupId} could not be looked at: ${reasonOf(error).sentence}`,
    };
  }
}
