import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'pg';
import { HoldfastError } from '../../../policy/errors.ts';
import { formatDuration } from '../../../policy/units.ts';
import type { WorkContext } from '../../source.ts';
import type { Target } from '../connection.ts';
import { bytesBetween, latestOf } from './lsn.ts';
import { onTarget, readState, requireSight, type ServerState } from './state.ts';

/** A promotion that is made, now or by an earlier attempt. */
export type Promotion = {
  /** Null: an earlier attempt promoted it. */
  before: ServerState | null;
  after: ServerState;
  seconds: number;
};

const pollMs = 100;

/** Seconds without any progress after which something holds the replay up. */
const patience = 15;

/** Seconds without any change after which a replay that wants more has all there is. */
const quiet = 1;

/** Seconds that PostgreSQL itself waits; we look on after it. */
const promoteSeconds = 60;

/**
 * Makes a standby a primary: waits until it has replayed all that it received, promotes it, and waits until it has left
 * recovery. One that an earlier attempt promoted is found and left alone, so that it gets one new timeline and no more.
 *
 * @param position how far the primary had written when it was fenced; waited for while it still sends
 * @throws HoldfastError as `requirePromotable`, and `stalled` when the replay stands still
 */
export async function promote(
  target: Target,
  position: string | null,
  work: WorkContext,
): Promise<Promotion> {
  const startedAt = Date.now();
  const seconds = () => (Date.now() - startedAt) / 1000;
  return onTarget(target, work, async (client) => {
    const found = await readState(client);
    requirePromotable(target, found);
    requireSight(target, found);
    if (!found.inRecovery) return { before: null, after: found, seconds: seconds() };
    const before = await replayAll(client, target, position, work);
    if (before === null) return { before: null, after: await readState(client), seconds: seconds() };
    await ask(client);
    const after = await until(client, work, (state) => !state.inRecovery);
    return { before, after, seconds: seconds() };
  });
}

/**
 * Whether a server is a standby that can be promoted, or was one that is promoted already.
 *
 * @throws HoldfastError `refused` for one that never was a standby, or whose replay somebody stopped
 */
export function requirePromotable({ name }: Pick<Target, 'name'>, state: ServerState): void {
  if (!state.inRecovery && state.timeline === 1)
    throw new HoldfastError(
      'refused',
      `${name} is no standby: it is not in recovery, and on timeline 1, as a server that was never promoted.`,
      { hint: 'It has data of its own. Correct the target, or recover from a backup.' },
    );
  if (state.paused)
    throw new HoldfastError('refused', `Somebody paused the replay on ${name}.`, {
      hint: 'Perhaps to keep what was deleted on the primary: promotion would replay that too. Resume it by `select pg_wal_replay_resume()`, and retry.',
    });
}

/**
 * Waits until what has arrived is replayed, and what is still on its way has arrived; null when it has left recovery
 * meanwhile.
 */
async function replayAll(
  client: Client,
  target: Target,
  position: string | null,
  work: WorkContext,
): Promise<ServerState | null> {
  let reached = '';
  let since = Date.now();
  for (;;) {
    const state = await readState(client);
    if (!state.inRecovery) return null;
    requirePromotable(target, state);
    // What is held back on purpose is replayed by the promotion itself.
    if (state.delay > 0) return state;
    const now = `${state.received} ${state.replayed}`;
    if (now !== reached) [reached, since] = [now, Date.now()];
    const still = (Date.now() - since) / 1000;
    if (!isAwaited(state, position) || still > patience) {
      if (toReplay(state) === 0 || (wantsMore(state) && still > quiet)) return state;
      if (still > patience) throw await standsStill(client, target, toReplay(state));
    }
    await pause(pollMs, undefined, { signal: work.signal }).catch(() => undefined);
  }
}

/** Whether more is on its way from a primary that is fenced and still sends. */
function isAwaited(state: ServerState, position: string | null): boolean {
  const arrived = latestOf(state.received, state.replayed);
  if (!state.streaming || position === null || arrived === null) return false;
  return bytesBetween(arrived, position) > 0;
}

/**
 * Whether the replay waits for more of the log. A log that was cut off ends in the middle of a record: those bytes arrived,
 * and are never replayed.
 */
const wantsMore = ({ replayWaits }: ServerState): boolean =>
  replayWaits === 'RecoveryWalStream' || replayWaits === 'RecoveryRetrieveRetryInterval';

/** Bytes that a standby has received and not replayed. */
export function toReplay({ received, replayed }: Pick<ServerState, 'received' | 'replayed'>): number {
  const arrived = latestOf(received, replayed);
  return arrived === null || replayed === null ? 0 : Math.max(0, bytesBetween(replayed, arrived));
}

/** Who holds the replay up: queries that need what it would remove. */
async function standsStill(client: Client, target: Target, left: number): Promise<HoldfastError> {
  const { rows } = await client.query<{ pid: number; who: string }>(
    `select pid, concat_ws(' ', usename, application_name) as who from pg_stat_activity
     where backend_type = 'client backend' and pid <> pg_backend_pid() and xact_start is not null
     order by xact_start limit 5`,
  );
  const who = rows.map((row) => `${row.pid} (${row.who})`).join(', ');
  return new HoldfastError(
    'stalled',
    `${target.name} has ${left} bytes to replay and has stood still for ${formatDuration(patience)}${who === '' ? '' : `; sessions with a transaction there: ${who}`}.`,
    {
      hint: 'A query on the standby may conflict with the replay: end it by `select pg_terminate_backend(PID)`, and retry. Else look into its log.',
    },
  );
}

/** SQLSTATE 55000 means that it has left recovery meanwhile: another attempt was quicker. */
async function ask(client: Client): Promise<void> {
  try {
    await client.query('select pg_promote(true, $1)', [promoteSeconds]);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === '55000')) throw error;
  }
}

async function until(
  client: Client,
  work: WorkContext,
  holds: (state: ServerState) => boolean,
): Promise<ServerState> {
  for (;;) {
    const state = await readState(client);
    if (holds(state)) return state;
    await pause(pollMs, undefined, { signal: work.signal }).catch(() => undefined);
  }
}

/** Seconds that a commit may take; one that waits longer waits for a standby that is not there. */
const commitSeconds = 10;

/**
 * Looks whether a server takes writes: a transaction makes a temporary table, fills it, and is committed, which leaves
 * nothing behind but goes through the log.
 *
 * @throws HoldfastError `mismatch` when it takes none, or when commits wait for a synchronous standby
 */
export async function checkWrites(target: Target, work: WorkContext): Promise<void> {
  await onTarget(target, work, async (client) => {
    const refused = (why: string, hint: string) =>
      new HoldfastError('mismatch', `${target.name} does not take writes: ${why}.`, { hint });
    let waited = false;
    client.on('notice', ({ message }) => {
      waited ||= /synchronous replication/.test(message ?? '');
    });
    try {
      await client.query(`set statement_timeout = '${commitSeconds}s'`);
      await client.query('begin read write');
      await client.query('create temporary table holdfast_write_check (written int) on commit drop');
      await client.query('insert into pg_temp.holdfast_write_check values (1)');
      await client.query('commit');
    } catch (error) {
      if (work.signal.aborted) throw error;
      const said = error instanceof Error ? error.message : String(error);
      throw refused(said, 'Its role needs the right TEMPORARY on the database; docs/sql has the grants.');
    }
    if (waited)
      throw refused(
        `commits wait for the standbys in synchronous_standby_names, and none confirms`,
        "Set it to '' on the new primary until it has a standby again.",
      );
  });
}
