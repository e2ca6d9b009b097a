import type { Blocker, RetainedBackup, RetainedCopy, Untouchable } from './types.ts';

export type Block = { blocker: Blocker; sentence: string };

/** What refuses an expiry, whatever the rules say (law 4). */
export type Guard = {
  blocksBackup(backup: RetainedBackup): Block[];
  blocksCopy(backup: RetainedBackup, copy: RetainedCopy): Block[];
};

const untouchable: Record<Untouchable, string> = {
  'air-gapped': 'is air-gapped, and lets it go when it is filled the next time',
  'legal-hold': 'holds it under a legal hold of its object lock',
  'lock-unknown': 'could not be asked for its lock, so nothing is decided there',
  elsewhere: 'keeps it as long as another repository lists it',
  disproven: 'has a copy that failed its last restore test: a person decides what becomes of it',
  unconfirmed: 'keeps it until a run of retention has carried out the rules that let it go',
};

/**
 * @param backups oldest first
 * @param joins the archives that a backup is copied into before anything goes
 */
export function guardOf(
  backups: readonly RetainedBackup[],
  now: string,
  joins: (backup: RetainedBackup) => readonly string[],
): Guard {
  const newest = backups.findLast(({ copies }) => copies.some(isSound));
  const newestIn = new Map<string, string>();
  for (const backup of backups) {
    for (const { repository, deleting, untouchable } of backup.copies)
      if (!deleting && untouchable !== 'disproven') newestIn.set(repository, backup.backupId);
    for (const repository of joins(backup)) newestIn.set(repository, backup.backupId);
  }
  const backwards = newest !== undefined && Date.parse(now) < Date.parse(newest.startedAt);
  return {
    blocksBackup: (backup) => {
      const blocks: Block[] = [];
      if (newest === undefined)
        blocks.push({ blocker: 'newest', sentence: 'No verified backup of the source is left to rely on.' });
      else if (newest.backupId === backup.backupId)
        blocks.push({
          blocker: 'newest',
          sentence: 'It is the newest verified backup: there is none after it.',
        });
      if (backwards)
        blocks.push({
          blocker: 'clock',
          sentence: `The clock says ${now}, and ${newest.backupId} is newer than that: nothing expires by such a clock.`,
        });
      for (const id of backup.holds)
        blocks.push({ blocker: 'hold', sentence: `It is under the legal hold ${id}.` });
      if (backup.readingUntil !== null && Date.parse(backup.readingUntil) > Date.parse(now))
        blocks.push({
          blocker: 'reading',
          sentence: `A restore is reading it, until ${backup.readingUntil} at the longest.`,
        });
      return blocks;
    },
    blocksCopy: (backup, copy) => {
      const { repository, lockedUntil } = copy;
      if (copy.untouchable !== undefined)
        return [{ blocker: copy.untouchable, sentence: `${repository} ${untouchable[copy.untouchable]}.` }];
      if (lockedUntil !== null && Date.parse(lockedUntil) > Date.parse(now))
        return [{ blocker: 'locked', sentence: `${repository} has it locked until ${lockedUntil}.` }];
      if (newestIn.get(repository) === backup.backupId)
        return [
          { blocker: 'newest-in-repository', sentence: `It is the newest verified backup in ${repository}.` },
        ];
      return [];
    },
  };
}

/** A copy that a restore can rely on today: whole, not known to fail, and not behind the air gap. */
export function isSound({ deleting, untouchable }: RetainedCopy): boolean {
  return !deleting && untouchable !== 'air-gapped' && untouchable !== 'disproven';
}
