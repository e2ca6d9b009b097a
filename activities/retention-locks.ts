import { HoldfastError } from '../policy/errors.ts';
import { keyOf } from '../repository/index.ts';
import { manifestName } from '../repository/layout.ts';
import type { Store } from '../repository/store.ts';
import type { RetainedCopy } from '../retention/index.ts';
import type { LockInput, LockResult } from '../workflows/contract-retention.ts';
import { withRepository } from './repositories.ts';
import { packSurvey, unpackSurvey } from './retention-pack.ts';
import { decideOn } from './retention-weigh.ts';
import type { Work } from './work.ts';

const askedAtOnce = 16;

/**
 * Asks a repository for the locks of those copies alone that would go. A check that is denied decides nothing for its
 * copy (law 4). The manifest is asked, because it was written last and is locked the longest.
 *
 * @throws HoldfastError what the store throws, but for a denial
 */
export async function askLocks(work: Work, input: LockInput): Promise<LockResult> {
  const { repository, plan } = input;
  // A directory has no locks.
  if (repository.kind !== 's3') return { survey: input.survey, asked: 0, exceptions: [] };
  const survey = unpackSurvey(input.survey);
  const byId = new Map(survey.backups.map((backup) => [backup.backupId, backup]));
  const candidates = decideOn(input).backups.flatMap(({ backupId, remove }) => {
    const copy = byId.get(backupId)?.copies.find((each) => each.repository === repository.name);
    return copy !== undefined && remove.includes(repository.name) ? [{ backupId, copy }] : [];
  });
  let asked = 0;
  const faults = new Map<Fault['kind'], { times: number; sentence: string }>();
  const note = ({ kind, sentence }: Fault) => {
    const before = faults.get(kind);
    faults.set(kind, { times: (before?.times ?? 0) + 1, sentence: before?.sentence ?? sentence });
  };
  await withRepository(repository, work.signal, async (store) => {
    let hasLocks = true;
    for (let at = 0; hasLocks && at < candidates.length; at += askedAtOnce) {
      work.signal.throwIfAborted();
      const batch = candidates.slice(at, at + askedAtOnce);
      await Promise.all(
        batch.map(async ({ backupId, copy }) => {
          asked += 1;
          const key = keyOf({ source: plan.source.name, backupId }, manifestName);
          const fault = await askOne(store, key, copy, {
            locks: repository.lock !== undefined,
            signal: work.signal,
          });
          if (fault === 'no-locks') hasLocks = false;
          else if (fault !== null) note(fault);
        }),
      );
    }
  });
  return {
    survey: packSurvey(survey),
    asked,
    exceptions: [...faults.values()].map(({ times, sentence }) =>
      times === 1 ? sentence : `${sentence} (So it is with ${times} copies.)`,
    ),
  };
}

type Fault = { kind: 'denied' | 'missing'; sentence: string };

/** Writes what holds a copy into the survey; what is wrong with its lock, or null. A bucket without locks has none at all. */
async function askOne(
  store: Store,
  key: string,
  copy: RetainedCopy,
  { locks, signal }: { locks: boolean; signal: AbortSignal },
): Promise<Fault | 'no-locks' | null> {
  try {
    const lock = await store.lockOf(key, signal);
    if (lock?.legalHold) copy.untouchable = 'legal-hold';
    else copy.lockedUntil = lock?.until?.toISOString() ?? null;
    if (!locks) return lock === null ? 'no-locks' : null;
    if (lock !== null && lock.until !== null) return null;
    return {
      kind: 'missing',
      sentence: `${store.name} holds no object lock on ${key}, although the policy says so.`,
    };
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    // Half removed: its manifest is gone already.
    if (error.code === 'not-found') return null;
    if (error.code !== 'access-denied') throw error;
    copy.untouchable = 'lock-unknown';
    return { kind: 'denied', sentence: error.sentence };
  }
}
