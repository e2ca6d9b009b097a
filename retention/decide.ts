import { clockOf, dayText } from './calendar.ts';
import { type Guard, guardOf, isSound } from './guard.ts';
import { archivesToJoin, promotionsOf } from './promotions.ts';
import { type Stand, standings } from './standing.ts';
import type {
  Blocker,
  Decided,
  KeepPromise,
  RetainedBackup,
  RetentionDecision,
  RetentionQuestion,
} from './types.ts';
import { violationOf } from './violation.ts';

/**
 * What retention does with each backup of a source: keep it, promote it, or let it expire, and why. Pure: a preview and
 * a run that see the same decide the same.
 *
 * In doubt a backup stays (law 4): the newest verified one, the newest of each repository, one that another needs that
 * stays, one under a legal hold, being read, locked, or promised to be kept by a marker. A marker's promise outlives a
 * policy that was shortened since.
 *
 * @throws RangeError for a name that is no time zone; a policy was checked for that
 */
export function decideRetention(question: RetentionQuestion): RetentionDecision {
  const backups = [...question.backups].sort((a, b) => (a.backupId < b.backupId ? -1 : 1));
  const verified = backups.filter(({ copies }) => copies.some(isSound));
  const stands = standings({ ...question, verified });
  const guard = guardOf(backups, question.now, (backup) =>
    archivesToJoin(backup, stands.get(backup.backupId)?.tiers ?? [], question),
  );
  const today = dayText(clockOf(question.timezone).dayOf(Date.parse(question.now)));
  const drafts = backups.map((backup) => draftOf(backup, stands.get(backup.backupId), guard, today));
  keepWhatIsNeeded(drafts);
  const decided = drafts.map((draft) => conclude(draft, question, today));
  const count = (action: Decided['action']) => decided.filter((each) => each.action === action).length;
  return {
    backups: decided,
    counts: {
      keep: count('keep'),
      promote: count('promote'),
      expire: count('expire'),
      violations: decided.filter(({ violation }) => violation !== undefined).length,
    },
    freed: drafts.reduce((sum, draft) => sum + bytesOf(draft), 0),
  };
}

/** Whether it has a copy that counts. Committed means read back (law 1). */
export function isVerified({ copies }: RetainedBackup): boolean {
  return copies.some(({ deleting }) => !deleting);
}

/** A backup on the way to its decision. */
export type Draft = {
  backup: RetainedBackup;
  stand: Stand;
  remove: string[];
  blockedBy: Blocker[];
  reasons: string[];
};

/** What stands for no period, since it can't be relied on. */
function withoutStand(backup: RetainedBackup): Stand {
  if (!isVerified(backup)) return { tiers: [], otherwise: ['Its removal has begun.'] };
  const failed = backup.copies.some(({ untouchable }) => untouchable === 'disproven');
  const why = failed ? 'It failed its last restore test.' : 'All its copies are behind the air gap.';
  return { tiers: [], otherwise: [why] };
}

function draftOf(
  backup: RetainedBackup,
  stand: Stand = withoutStand(backup),
  guard: Guard,
  today: string,
): Draft {
  if (stand.tiers.length > 0)
    return { backup, stand, remove: [], blockedBy: [], reasons: stand.tiers.map(({ why }) => why) };
  const draft: Draft = { backup, stand, remove: [], blockedBy: [], reasons: stand.otherwise };
  const promises = isVerified(backup) ? promisesOf(backup).filter(({ until }) => until >= today) : [];
  for (const { tier, until } of promises)
    block(draft, 'promised', `It was promised to be kept as ${tier} until ${until}.`);
  for (const { blocker, sentence } of guard.blocksBackup(backup)) block(draft, blocker, sentence);
  if (draft.blockedBy.length > 0) return draft;
  for (const copy of backup.copies) {
    const blocks = guard.blocksCopy(backup, copy);
    for (const { blocker, sentence } of blocks) block(draft, blocker, sentence);
    if (blocks.length === 0) draft.remove.push(copy.repository);
  }
  return draft;
}

function block(draft: Draft, blocker: Blocker, sentence: string): void {
  if (!draft.blockedBy.includes(blocker)) draft.blockedBy.push(blocker);
  draft.reasons.push(sentence);
}

/** The promises of all copies, the longest of each tier. */
export function promisesOf({ copies }: RetainedBackup): KeepPromise[] {
  if (copies.every(({ promised }) => promised.length === 0)) return [];
  const longest = new Map(
    copies
      .flatMap(({ promised }) => promised)
      .sort((a, b) => (a.until < b.until ? -1 : 1))
      .map((promise) => [promise.tier, promise]),
  );
  return [...longest.values()];
}

/** What stays anywhere keeps all that it needs, and what those need. */
function keepWhatIsNeeded(drafts: Draft[]): void {
  const byId = new Map(drafts.map((draft) => [draft.backup.backupId, draft]));
  const staying = drafts.filter((draft) => draft.remove.length < draft.backup.copies.length);
  for (let draft = staying.pop(); draft !== undefined; draft = staying.pop()) {
    for (const id of draft.backup.needs) {
      const needed = byId.get(id);
      if (needed === undefined || needed.blockedBy.includes('needed') || needed.stand.tiers.length > 0)
        continue;
      block(needed, 'needed', `${draft.backup.backupId} can't be restored without it.`);
      if (needed.remove.length === needed.backup.copies.length) staying.push(needed);
      needed.remove = [];
    }
  }
}

function conclude(draft: Draft, question: RetentionQuestion, today: string): Decided {
  const { backup, stand, remove, blockedBy, reasons } = draft;
  const promotions = promotionsOf(backup, stand.tiers, question);
  const violation = violationOf(draft, today);
  return {
    backupId: backup.backupId,
    action: remove.length > 0 ? 'expire' : promotions.length > 0 ? 'promote' : 'keep',
    tiers: stand.tiers,
    promotions,
    remove: remove.sort(),
    reasons,
    blockedBy,
    ...(violation === null ? {} : { violation }),
  };
}

function bytesOf({ backup, remove }: Draft): number {
  return backup.copies.reduce((sum, copy) => sum + (remove.includes(copy.repository) ? copy.bytes : 0), 0);
}
