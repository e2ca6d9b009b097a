import type { RetentionRules } from '../policy/resolved.ts';
import { decideRetention } from './decide.ts';
import type { RetainedBackup, RetentionDecision, RetentionQuestion, Untouchable } from './types.ts';

export type AttachedQuestion = RetentionQuestion & {
  /** The air-gapped repository that somebody has attached. */
  repository: string;
  /** The rules that retention last ran with; null when it has never run. */
  former: { rules: RetentionRules; timezone: string } | null;
};

/**
 * What goes from an air-gapped repository while it is attached, and from nowhere else: the same decision, over what
 * this one repository holds, as if there were no other place. A hold, a restore or a need that another one knows of
 * counts here too.
 *
 * The air gap lets go last. A backup stays in it while another repository still lists it (it would only be copied
 * again), and while the rules that retention last ran with keep it: shorter rules reach it once they were confirmed.
 * Pure.
 *
 * @throws RangeError for a name that is no time zone; a policy was checked for that
 */
export function decideAttached({ repository, former, ...question }: AttachedQuestion): RetentionDecision {
  const alone = question.backups.flatMap((backup) => aloneIn(backup, repository));
  const decide = (backups: readonly RetainedBackup[], rules: Partial<RetentionQuestion> = {}) =>
    decideRetention({ ...question, ...rules, promoted: [], archives: {}, backups });
  const released = new Set(
    former === null
      ? []
      : decide(alone, former)
          .backups.filter(({ remove }) => remove.length > 0)
          .map(({ backupId }) => backupId),
  );
  const elsewhere = new Set(
    question.backups
      .filter(({ copies }) => copies.some((copy) => copy.repository !== repository))
      .map(({ backupId }) => backupId),
  );
  return decide(
    alone.map((backup) => {
      if (elsewhere.has(backup.backupId)) return withReason(backup, 'elsewhere');
      return released.has(backup.backupId) ? backup : withReason(backup, 'unconfirmed');
    }),
  );
}

/** A backup as if its copy in one repository were all of it; none when it has no copy there. */
function aloneIn(backup: RetainedBackup, repository: string): RetainedBackup[] {
  return backup.copies
    .filter((copy) => copy.repository === repository)
    .map(({ untouchable, ...copy }) => ({
      ...backup,
      copies: [{ ...copy, ...(untouchable === 'air-gapped' ? {} : { untouchable }) }],
    }));
}

function withReason(backup: RetainedBackup, untouchable: Untouchable): RetainedBackup {
  return { ...backup, copies: backup.copies.map((copy) => ({ ...copy, untouchable })) };
}
