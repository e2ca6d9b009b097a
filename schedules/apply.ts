import {
  type Client,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  type ScheduleUpdateOptions,
} from '@temporalio/client';
import { HoldfastError } from '../policy/errors.ts';
import { type DesiredSchedule, scheduleOptions } from './desired.ts';
import type { ScheduleChange } from './diff.ts';
import { fieldChanges } from './fields.ts';
import { fromTemporal, type LiveSchedule, liveSchedule, makerMemo } from './live.ts';
import { inParallel } from './parallel.ts';
import { temporalError } from './temporal-error.ts';

/** What became of one change. */
export type Applied = {
  id: string;
  kind: 'create' | 'update' | 'delete';
  outcome: 'done' | 'failed';
  /** Why it failed. */
  error?: HoldfastError;
};

const byPolicy = 'by the policy';

/**
 * Refuses a set of changes that can't be made as a whole, before the first is made.
 *
 * @throws HoldfastError `already-exists` when an id is taken by a schedule that is not ours, `bad-usage` when plans
 *   were removed and deletion was not allowed.
 */
export function refuseUnsafe(changes: readonly ScheduleChange[], allowDelete: boolean): void {
  const [foreign] = changes.filter((change) => change.kind === 'foreign');
  if (foreign !== undefined)
    throw new HoldfastError('already-exists', `Nothing was changed. ${foreign.sentence}`, {
      hint: 'Rename the plan, use another namespace, or delete that Schedule yourself.',
    });
  const removed = changes.filter((change) => change.kind === 'delete');
  if (removed.length > 0 && !allowDelete)
    throw new HoldfastError(
      'bad-usage',
      `Nothing was changed. The policy no longer has the plan of ${removed.map(({ id }) => id).join(', ')}.`,
      { hint: 'Add --allow-delete to delete the Schedule; its backups stay.' },
    );
}

/**
 * Makes the changes, creations and updates before deletions. Each stands for itself, so one failure does not stop
 * the others, and a second apply does what is left.
 */
export async function applyChanges(
  client: Client,
  changes: readonly ScheduleChange[],
  organization: string,
  onDone: (applied: Applied) => void = () => undefined,
): Promise<Applied[]> {
  const make = async (change: ScheduleChange): Promise<Applied[]> => {
    if (change.kind === 'unchanged' || change.kind === 'foreign') return [];
    const applied = await attempt(client, change, organization);
    onDone(applied);
    return [applied];
  };
  const first = await inParallel(
    changes.filter(({ kind }) => kind !== 'delete'),
    16,
    make,
  );
  const last = await inParallel(
    changes.filter(({ kind }) => kind === 'delete'),
    16,
    make,
  );
  return [...first, ...last].flat();
}

type RealChange = Extract<ScheduleChange, { kind: 'create' | 'update' | 'delete' }>;

async function attempt(client: Client, change: RealChange, organization: string): Promise<Applied> {
  const { id, kind } = change;
  try {
    if (change.kind === 'create') await create(client, change.desired, organization);
    else if (change.kind === 'update') await update(client, change);
    else await remove(client, change.live);
    return { id, kind, outcome: 'done' };
  } catch (error) {
    return { id, kind, outcome: 'failed', error: temporalError(error, `The ${kind} of the Schedule ${id}`) };
  }
}

async function create(client: Client, desired: DesiredSchedule, organization: string): Promise<void> {
  const { paused } = desired.recurring.settings;
  try {
    await client.schedule.create({
      ...scheduleOptions(desired),
      memo: makerMemo(organization),
      state: { paused, note: paused ? `Paused ${byPolicy}` : '' },
    });
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning) throw changedMeanwhile(desired.id);
    throw error;
  }
}

/**
 * A pause comes before the update and a resumption with it: after a crash between the two the schedule still tells
 * the policy's former word, so that the next apply finishes the job, and an old plan never runs because of a resume.
 */
async function update(client: Client, change: Extract<ScheduleChange, { kind: 'update' }>): Promise<void> {
  const { desired, live, pause } = change;
  const handle = client.schedule.getHandle(change.id);
  if (pause === 'pause') await handle.pause(`Paused ${byPolicy}`);
  await handle.update((current): ScheduleUpdateOptions => {
    if (!isSame(fromTemporal(current), live)) throw changedMeanwhile(change.id);
    const { scheduleId: _, ...options } = scheduleOptions(desired);
    const state = pause === 'unpause' ? { paused: false, note: `Resumed ${byPolicy}` } : current.state;
    return { ...options, state };
  });
}

async function remove(client: Client, live: LiveSchedule): Promise<void> {
  const now = await liveSchedule(client, live.id);
  if (now === null) return;
  if (!isSame(now, live)) throw changedMeanwhile(live.id);
  try {
    await client.schedule.getHandle(live.id).delete();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
  }
}

/** Temporal's client sends no conflict token with an update, so what was planned on is compared just before. */
function isSame(now: LiveSchedule, planned: LiveSchedule): boolean {
  return now.organization === planned.organization && fieldChanges(now.body, planned.body).length === 0;
}

function changedMeanwhile(id: string): HoldfastError {
  return new HoldfastError(
    'interrupted',
    `The Schedule ${id} was changed by someone else since the plan was made.`,
    {
      hint: 'Run `holdfast plan` again to see what it is now, then apply.',
    },
  );
}
