import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { CancellationScope, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { DumpResult, Occurrence, PreflightResult } from '../activities/types.ts';
import type { ResolvedPlan, ResolvedRepository } from '../policy/resolved.ts';
import type { Manifest } from '../repository/manifest.ts';
import { openTrail } from './audit.ts';
import { created, notCreated } from './backup-events.ts';
import { openWatch } from './backup-watch.ts';
import { type Board, openBoard } from './board.ts';
import type { Reason } from './contract.ts';
import type { BackupInput, BackupResult, CopyResult } from './contract-backup.ts';
import { failWith, reasonOf } from './failures.ts';
import { activitiesIn, patient } from './proxies.ts';
import { routeTo } from './route.ts';
import { isScheduled, requireSecondFactor } from './second-factor.ts';

const attempts = 5;

/** Activities get more time than the run has, so that it is the run that ends them at its deadline, and says so. */
const spare = 600;

/**
 * One occurrence of a plan: preflight, dump and fingerprint in one snapshot, copies, verification of each, signature,
 * manifest. A copy that failed is filled from a good one; the source is dumped once. Ends as passed,
 * passed-with-exceptions (each exception listed), failed or cancelled, and never later than the plan's deadline.
 */
export async function backup({ plan, person, request }: BackupInput): Promise<BackupResult> {
  const occurrence = thisOccurrence();
  const board = openBoard(
    plan.name,
    plan.copies.map((copy) => copy.name),
    occurrence.nominalTime,
  );
  const deadline = Date.now() + plan.schedule.deadline * 1000;
  const trail = openTrail(plan.audit, plan.source.zone);
  const watch = openWatch(plan, board);
  watch.begun();
  try {
    if (plan.secondFactor !== undefined && !isScheduled())
      await requireSecondFactor(trail, {
        zone: plan.source.zone,
        kind: 'backup',
        subject: plan.name,
        people: plan.secondFactor,
        request,
      });
    const taken = await beforeDeadline(plan, deadline, () => takeBackup(plan, occurrence, board));
    const missing = await catchUp(plan, taken, deadline, board);
    const unrecorded = await trail.tryRecord(...created(taken, missing, person));
    if (unrecorded !== null) board.warn(unrecorded);
    return await watch.made(conclude(plan, taken, missing, board));
  } catch (error) {
    const reason = reasonOf(error);
    const how = isCancellation(error) ? 'aborted' : 'failed';
    board.give(how, reason.sentence);
    await trail.tryRecord(notCreated(plan, reason, person));
    await watch.failed(how, reason);
    throw isCancellation(error) ? error : failWith(reason);
  }
}

/** A backup of which at least one copy is committed. */
export type Taken = {
  manifest: Manifest;
  signature: string;
  /** SHA-256 of the manifest's bytes; absent where no copy was committed in this run. */
  hash?: string;
  committed: string[];
  missing: Map<string, Reason>;
  /** Repositories that the source's worker can write to. */
  reachable: string[];
};

async function takeBackup(plan: ResolvedPlan, occurrence: Occurrence, board: Board): Promise<Taken> {
  const zone = plan.source.zone;
  const found = await activitiesIn(zone, {
    within: plan.schedule.deadline + spare,
    attempts,
  }).preflight({ plan, occurrence });
  board.name(found.backupId);
  for (const warning of found.warnings) board.warn(warning);
  if (found.done !== null) return resume(plan, found.done, found.reachable, board);

  board.phase('dumping');
  for (const repository of found.reachable) board.copy(repository, 'writing');
  const dumped = await activitiesIn(zone, { within: plan.schedule.deadline + spare, attempts }).dump({
    plan,
    occurrence,
    backupId: found.backupId,
    targets: found.reachable,
  });
  return { ...(await commitAll(plan, dumped, unwritten(found, dumped), board)), reachable: found.reachable };
}

function unwritten(found: PreflightResult, dumped: DumpResult): Map<string, Reason> {
  return new Map(
    [...found.unreachable, ...dumped.dropped].map(({ repository, reason }) => [repository, reason]),
  );
}

async function commitAll(
  plan: ResolvedPlan,
  dumped: DumpResult,
  missing: Map<string, Reason>,
  board: Board,
): Promise<Omit<Taken, 'reachable'>> {
  const { manifest } = dumped;
  const work = activitiesIn(plan.source.zone, { within: plan.schedule.deadline + spare, attempts });
  board.phase('verifying');
  for (const repository of dumped.stored) board.copy(repository, 'written');
  const signing = work.signManifest({ plan, manifest });
  const committed: string[] = [];
  let hash: string | undefined;
  await Promise.all(
    plan.copies
      .filter((repository) => dumped.stored.includes(repository.name))
      .map((repository) =>
        orMissing(missing, repository.name, async () => {
          await work.verifyCopy({ repository, manifest });
          board.copy(repository.name, 'verified');
          const done = await work.commitCopy({ repository, manifest, plan, signature: await signing });
          hash = done?.sha256;
          board.copy(repository.name, 'committed');
          committed.push(repository.name);
        }),
      ),
  );
  const signature = await signing;
  for (const [repository, reason] of missing) board.copy(repository, 'missing', reason.sentence);
  const first = [...missing.values()][0];
  if (committed.length === 0 && first !== undefined) throw failWith(first);
  return { manifest, signature, committed, missing, ...(hash === undefined ? {} : { hash }) };
}

/** An earlier run of this occurrence made the backup: only its missing copies are left to do. */
async function resume(
  plan: ResolvedPlan,
  done: NonNullable<PreflightResult['done']>,
  reachable: string[],
  board: Board,
): Promise<Taken> {
  const { manifest } = done;
  const signature = await activitiesIn(plan.source.zone, { within: 600, attempts }).signManifest({
    plan,
    manifest,
  });
  const missing = new Map<string, Reason>();
  for (const { name } of plan.copies) {
    if (done.repositories.includes(name)) board.copy(name, 'committed');
    else
      missing.set(name, {
        code: 'interrupted',
        sentence: 'An earlier run of this occurrence ended before this copy was made.',
      });
  }
  return { manifest, signature, committed: done.repositories, missing, reachable };
}

/** Fills missing copies from a good one, each by a worker that reaches it; what is still missing, and why. */
async function catchUp(
  plan: ResolvedPlan,
  taken: Taken,
  deadline: number,
  board: Board,
): Promise<Map<string, Reason>> {
  const left = Math.floor((deadline - Date.now()) / 1000);
  if (taken.missing.size === 0 || left <= 0) return taken.missing;
  board.phase('catching up');
  const missing = new Map(taken.missing);
  const fill = async (repository: ResolvedRepository) => {
    board.copy(repository.name, 'catching-up', taken.missing.get(repository.name)?.sentence);
    const still = new Map<string, Reason>();
    await orMissing(still, repository.name, () => fillCopy(plan, taken, repository, left));
    const reason = still.get(repository.name);
    if (reason === undefined) {
      missing.delete(repository.name);
      board.copy(repository.name, 'committed', 'caught up from a good copy');
    } else {
      missing.set(repository.name, reason);
      board.copy(repository.name, 'missing', reason.sentence);
    }
  };
  const behind = plan.copies.filter((copy) => taken.missing.has(copy.name));
  try {
    await CancellationScope.withTimeout(left * 1000, () => Promise.all(behind.map(fill)));
  } catch (error) {
    // A good copy exists: running out of time here, or being cancelled, leaves an exception and not a failure.
    if (!isCancellation(error)) throw error;
  }
  return missing;
}

async function fillCopy(plan: ResolvedPlan, taken: Taken, repository: ResolvedRepository, within: number) {
  const { manifest, signature, committed, reachable } = taken;
  const { zone, from } = routeTo(repository, plan, committed, reachable);
  const work = activitiesIn(zone, { within: within + spare, attempts, patience: patient });
  await work.transferCopy({ repository, from, manifest, stallSeconds: plan.stall });
  await work.verifyCopy({ repository, manifest });
  await work.commitCopy({ repository, manifest, plan, signature });
}

async function orMissing(
  missing: Map<string, Reason>,
  repository: string,
  body: () => Promise<void>,
): Promise<void> {
  try {
    await body();
  } catch (error) {
    if (isCancellation(error)) throw error;
    missing.set(repository, reasonOf(error));
  }
}

function conclude(
  plan: ResolvedPlan,
  taken: Taken,
  missing: Map<string, Reason>,
  board: Board,
): BackupResult {
  const copies = plan.copies.map(({ name }): CopyResult => {
    const reason = missing.get(name);
    const late = taken.missing.get(name);
    if (reason !== undefined) return { repository: name, state: 'missing', sentence: reason.sentence };
    if (late === undefined) return { repository: name, state: 'committed' };
    return {
      repository: name,
      state: 'committed',
      sentence: `Filled from a good copy, after: ${late.sentence}`,
    };
  });
  const result: BackupResult = {
    result: missing.size === 0 ? 'passed' : 'passed-with-exceptions',
    ...backupFacts(taken.manifest),
    copies,
    exceptions: [...missing].map(
      ([repository, { sentence }]) => `The copy in ${repository} is missing: ${sentence}`,
    ),
    warnings: board.warnings(),
  };
  board.conclude(result);
  return result;
}

function backupFacts(manifest: Manifest) {
  return {
    plan: manifest.plan,
    source: manifest.source,
    backupId: manifest.backupId,
    startedAt: manifest.startedAt,
    dataTime: manifest.dataTime,
    endedAt: manifest.endedAt,
    bytes: manifest.files.reduce((sum, file) => sum + file.bytes, 0),
    rawBytes: manifest.files.find((file) => file.role === 'data')?.rawBytes ?? null,
    tables: manifest.fingerprint?.tables ?? null,
    rows: manifest.fingerprint?.rows ?? null,
  };
}

async function beforeDeadline<T>(plan: ResolvedPlan, deadline: number, body: () => Promise<T>): Promise<T> {
  const outer = CancellationScope.current();
  try {
    return await CancellationScope.withTimeout(deadline - Date.now(), body);
  } catch (error) {
    if (!isCancellation(error) || outer.consideredCancelled) throw error;
    throw failWith({
      code: 'stalled',
      sentence: `The backup was not done within its deadline of ${plan.schedule.deadline} seconds, and was stopped. Raise plans.${plan.name}.schedule.deadline, or find out what slowed it down.`,
    });
  }
}

const scheduledStart = defineSearchAttributeKey('TemporalScheduledStartTime', SearchAttributeType.DATETIME);

/** The nominal time of the Schedule, so that a second firing of the same time is the same occurrence. */
function thisOccurrence(): Occurrence {
  const info = workflowInfo();
  const nominal = info.typedSearchAttributes.get(scheduledStart) ?? info.startTime;
  return { workflowId: info.workflowId, runId: info.runId, nominalTime: nominal.toISOString() };
}
