import { Context } from '@temporalio/activity';
import { HoldfastError } from '../policy/errors.ts';
import { type BackupListing, type BackupName, directoryOf, keyOf, listBackups } from '../repository/index.ts';
import { manifestName } from '../repository/layout.ts';
import { type CopyRemovalOutcome, removeCopy, withDeleteCredentials } from '../repository/removal.ts';
import type { Store } from '../repository/store.ts';
import { isSound, whyStays } from '../retention/index.ts';
import type { DeedInput, ExpiryResult } from '../workflows/contract-retention.ts';
import { withRepository } from './repositories.ts';
import { readListing } from './retention-survey.ts';
import { decisionToCarryOut } from './retention-weigh.ts';
import type { Work } from './work.ts';

/** A copy has some ten files, and at each of them another run may be faster. */
const mostMeetings = 12;

const most = { faults: 50, backups: 200 };

/**
 * Removes the copies of one repository that are to go. Right before each one is removed it is looked at again: what
 * was found since the decision was made keeps it (law 4). The newest go first, because one may need an older one. What
 * an earlier attempt has removed counts as removed.
 *
 * @throws HoldfastError `mismatch`, and what says that the repository as a whole can't be worked with
 */
export async function expireBackups(work: Work, input: DeedInput): Promise<ExpiryResult> {
  const { repository, plan } = input;
  const { source } = plan;
  const decision = decisionToCarryOut(input);
  const going = decision.backups.filter(({ remove }) => remove.includes(repository.name)).toReversed();
  const result: ExpiryResult = {
    repository: repository.name,
    removed: 0,
    bytes: 0,
    backups: [],
    exceptions: [],
  };
  const run = runOf();
  await withRepository(withDeleteCredentials(repository), work.signal, async (store) => {
    const listed = await listBackups(store, { source: source.name, expectSome: true }, work.signal);
    const present = new Map(listed.map((backup) => [backup.backupId, backup]));
    const anchor = anchorOf(listed, new Set(going.map(({ backupId }) => backupId)));
    const needed = neededBy(listed);
    for (const { backupId } of going) {
      work.signal.throwIfAborted();
      const fault = present.has(backupId)
        ? await removeOne(work, input, { store, backupId, anchor, needed, run })
        : null;
      if (fault === null) {
        needed.forget(backupId);
        const copy = decision.byId.get(backupId)?.copies.find((each) => each.repository === repository.name);
        result.removed += 1;
        result.bytes += copy?.bytes ?? 0;
        if (result.backups.length < most.backups) result.backups.push(backupId);
      } else if (result.exceptions.length < most.faults)
        result.exceptions.push(`${backupId} stays in ${repository.name}: ${fault}`);
    }
  });
  work.log('info', `Removed ${result.removed} expired copies of ${plan.name} from ${repository.name}`);
  return result;
}

function runOf(): string {
  const { workflowExecution } = Context.current().info;
  return (workflowExecution?.runId ?? '').replaceAll('-', '').slice(-8);
}

/** The newest verified copy here that stays: while it is there, older ones may go. */
function anchorOf(listed: readonly BackupListing[], going: ReadonlySet<string>): string | null {
  const whole = listed.filter((backup) => {
    const read = readListing(backup, '', false);
    return read?.copies.some(isSound) && !going.has(backup.backupId);
  });
  return whole.at(-1)?.backupId ?? null;
}

type Needed = { by(backupId: string): string | null; forget(backupId: string): void };

/** Which backups of a repository need which, as far as they are still there. */
function neededBy(listed: readonly BackupListing[]): Needed {
  const users = new Map<string, Set<string>>();
  for (const backup of listed)
    for (const needed of readListing(backup, '', false)?.needs ?? [])
      users.set(needed, (users.get(needed) ?? new Set()).add(backup.backupId));
  return {
    by: (backupId) => [...(users.get(backupId) ?? [])][0] ?? null,
    forget: (backupId) => {
      for (const each of users.values()) each.delete(backupId);
    },
  };
}

type Removing = { store: Store; backupId: string; anchor: string | null; needed: Needed; run: string };

/** Removes one copy; why it stays, or null. */
async function removeOne(work: Work, input: DeedInput, removing: Removing): Promise<string | null> {
  const { store, backupId, run } = removing;
  try {
    const refusal = await whyNow(work, input, removing);
    if (refusal !== null) return refusal;
    const backup = { source: input.plan.source.name, backupId };
    const { outcome, lockedUntil, sentences } = await removeBeside(store, backup, run, work.signal);
    if (outcome === 'removed') return null;
    if (outcome === 'locked')
      return `It is locked${lockedUntil === undefined ? '' : ` until ${lockedUntil}`}.`;
    return sentences.join(' ') || `Its removal ended as ${outcome}.`;
  } catch (error) {
    if (work.signal.aborted || !(error instanceof HoldfastError)) throw error;
    if (error.code === 'unreachable' || error.code === 'service-unavailable') throw error;
    return error.sentence;
  }
}

/** Removes a copy, also while another run removes the same: what that one took away is missed, and then not there. */
async function removeBeside(
  store: Store,
  backup: BackupName,
  run: string,
  signal: AbortSignal,
): Promise<CopyRemovalOutcome> {
  for (let more = mostMeetings; ; more -= 1) {
    try {
      return await removeCopy(store, backup, run, signal);
    } catch (error) {
      if (more === 0 || !(error instanceof HoldfastError) || error.code !== 'not-found') throw error;
    }
  }
}

/** What keeps a copy that was to go, by what its repository says at this moment. */
async function whyNow(
  work: Work,
  { plan, now }: DeedInput,
  { store, backupId, anchor, needed }: Removing,
): Promise<string | null> {
  const name = { source: plan.source.name, backupId };
  if (anchor === null || anchor <= backupId) return 'No newer verified backup is there.';
  if ((await store.head(keyOf({ ...name, backupId: anchor }, manifestName), work.signal)) === null)
    return `${anchor}, the newer backup that was relied on, is gone.`;
  const user = needed.by(backupId);
  if (user !== null) return `${user} can't be restored without it.`;
  const [listing] = await listBackups(store, { prefix: directoryOf(name) }, work.signal);
  const backup = listing === undefined ? null : readListing(listing, store.name, false);
  if (backup === null) return null;
  return whyStays(backup, { decidedFor: now, at: new Date().toISOString(), timezone: plan.timezone });
}
