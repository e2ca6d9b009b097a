import { formatDuration } from '../policy/units.ts';
import type { Verdict } from '../workflows/contract-checks.ts';

/** What holds the files of a copy, and for how long policies want them held. Spans in seconds from the backup's start. */
export type CopyLock = {
  backupId: string;
  /** ISO 8601, UTC. */
  startedAt: string;
  bucket: string;
  files: { name: string; held: { until: Date | null; legalHold: boolean } | null }[];
  wanted: number;
  /** What the policy wanted that it was made by, 0 for no lock at all; null where that is not known. */
  promised: number | null;
};

/** Clocks of a worker and of a service differ, and a lock is set when its file is. */
const toleranceMs = 15 * 60_000;

/** Whether a copy's files are locked for so long from its making. Pure. */
export function isLockedFor({ files, startedAt }: CopyLock, seconds: number): boolean {
  return files.every(({ held }) => lasts(held, startedAt, seconds));
}

/**
 * Whether a copy is locked for as long as the policy says: today's, or else the one that it was made by, since nothing
 * makes the locks of what is there longer when a policy does. Pure.
 */
export function lockVerdict(copy: CopyLock): Verdict {
  const { backupId, startedAt, bucket, files, wanted, promised } = copy;
  if (files.some(({ held }) => held === null))
    return {
      outcome: 'no',
      sentence: `Bucket ${bucket} has no object lock, and the policy wants one for ${formatDuration(wanted)}.`,
    };
  if (isLockedFor(copy, wanted))
    return { outcome: 'yes', sentence: `${backupId} is locked for ${formatDuration(wanted)}.` };
  if (promised !== null && promised > 0 && isLockedFor(copy, promised))
    return {
      outcome: 'yes',
      sentence: `${backupId} is locked for ${formatDuration(promised)}, as the policy said that it was made by; the next one is for ${formatDuration(wanted)}.`,
    };
  const short = files.find(({ held }) => !lasts(held, startedAt, wanted));
  const until = short?.held?.until ?? null;
  const now = until === null ? 'is not locked' : `is locked until ${until.toISOString()}`;
  const next =
    promised === 0
      ? 'The policy that it was made by asked for none: lock it by hand, or make a backup now.'
      : 'Find out who changed it, and lock it by hand.';
  return {
    outcome: 'no',
    sentence: `${short?.name} of ${backupId} ${now}, and the policy wants ${formatDuration(wanted)} from its making. ${next}`,
  };
}

function lasts(held: CopyLock['files'][number]['held'], startedAt: string, seconds: number): boolean {
  if (held === null) return false;
  if (held.legalHold) return true;
  return held.until !== null && held.until.getTime() >= Date.parse(startedAt) + seconds * 1000 - toleranceMs;
}
