import type { ResolvedRepository, S3Repository } from '../policy/resolved.ts';
import { formatDuration } from '../policy/units.ts';
import { type BackupListing, keyOf } from '../repository/index.ts';
import type { Manifest } from '../repository/manifest.ts';
import type { Store } from '../repository/store.ts';
import { serverSideEncryption } from '../repository/stores/s3-server-side.ts';
import type { Verdict } from '../workflows/contract-checks.ts';
import { reasonOf } from './reason.ts';
import type { Work } from './work.ts';

type Read = { backup: BackupListing; manifest: Manifest | { unread: string } };

/** Clocks of a worker and of a service differ, and a lock is set when its file is. */
const toleranceMs = 15 * 60_000;

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

/** Whether the files of a copy are locked for as long as the policy says. */
export async function lockVerdict(
  work: Work,
  repository: ResolvedRepository,
  store: Store,
  { backup, manifest }: Read,
): Promise<Verdict> {
  if (repository.kind !== 's3' || repository.lock === undefined)
    return { outcome: 'yes', sentence: `The policy asks for no lock in ${repository.name}.` };
  const { lock, bucket } = repository;
  const { backupId } = backup;
  const counting = 'unread' in manifest ? [] : [...manifest.files.map(({ name }) => name), 'manifest.json'];
  if (counting.length === 0) return { outcome: 'not-checked', sentence: `${backupId} could not be read.` };
  const until = Date.parse(backup.startedAt) + lock.for * 1000 - toleranceMs;
  return attempted(work, backupId, async () => {
    for (const name of counting) {
      const held = await store.lockOf(keyOf(backup, name), work.signal);
      if (held === null)
        return {
          outcome: 'no',
          sentence: `Bucket ${bucket} has no object lock, and the policy wants one for ${formatDuration(lock.for)}.`,
        };
      if (held.legalHold || (held.until !== null && held.until.getTime() >= until)) continue;
      const now = held.until === null ? 'is not locked' : `is locked until ${held.until.toISOString()}`;
      return {
        outcome: 'no',
        sentence: `${name} of ${backupId} ${now}, and the policy wants ${formatDuration(lock.for)} from its making. Find out who changed it, and lock it by hand.`,
      };
    }
    return { outcome: 'yes', sentence: `${backupId} is locked for ${formatDuration(lock.for)}.` };
  });
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
