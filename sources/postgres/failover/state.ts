import type { Client } from 'pg';
import { HoldfastError } from '../../../policy/errors.ts';
import type { PostgresTarget } from '../../../policy/resolved-failover.ts';
import type { WorkContext } from '../../source.ts';
import { connect, type Target } from '../connection.ts';
import { explainQuery } from '../explain.ts';

/** What a server is in a pair of primary and standby, at one moment. */
export type ServerState = {
  /** The same in a primary and all its standbys, and in no other cluster. */
  systemId: string;
  inRecovery: boolean;
  timeline: number;
  /** Of a primary: how far its log is written. */
  written: string | null;
  /** Of a standby. */
  received: string | null;
  replayed: string | null;
  /**
   * By the primary's clock, ISO 8601: what was committed until then is replayed. Of the last transaction, or of the last
   * checkpoint where no transaction came since the standby started.
   */
  replayedAt: string | null;
  /** Whether somebody stopped the replay. */
  paused: boolean;
  /** Of a standby: whether it receives from its upstream now. */
  streaming: boolean;
  /** Where it receives from, as its primary_conninfo names it: `host:port`; null while it does not. */
  upstream: string | null;
  /** What a standby's replay waits for, as `pg_stat_activity` names it; null while it is busy, or we may not see it. */
  replayWaits: string | null;
  /** Seconds that a standby holds back on purpose. */
  delay: number;
  /** Who must confirm each commit; empty: nobody. */
  synchronousStandbys: string;
  /** Whether our role may see what a standby receives, and what its replay waits for. */
  seesAll: boolean;
  /** The server's clock; ISO 8601. */
  at: string;
};

const lockSeconds = 60;

/** A target of the policy, as connections want it. */
export const connectable = (target: PostgresTarget, database = target.database): Target => ({
  ...target,
  database,
  lockTimeout: lockSeconds,
});

/**
 * Does something on a server.
 *
 * @param within seconds until the connection is there
 * @throws HoldfastError as `explainQuery` tells
 */
export async function onTarget<T>(
  target: PostgresTarget | Target,
  work: WorkContext,
  body: (client: Client) => Promise<T>,
  within?: number,
): Promise<T> {
  const place = 'lockTimeout' in target ? target : connectable(target);
  const client = await connect(place, work, within);
  try {
    return await body(client);
  } catch (error) {
    throw explainOnTarget(error, place);
  } finally {
    await client.end().catch(() => undefined);
  }
}

const rights = 'Give it the rights of docs/sql/failover-role.sql, in the database of the target.';

/** A role of a failover wants other rights than one that backs up. */
function explainOnTarget(error: unknown, place: Target): HoldfastError {
  const denied = error instanceof Error && 'code' in error && error.code === '42501';
  if (!denied) return explainQuery(error, place);
  const sentence = `${place.name} refuses what the role "${place.user}" wants: ${error.message}.`;
  return new HoldfastError('access-denied', sentence, { hint: rights, cause: error });
}

/** @throws HoldfastError `access-denied` where our role sees too little of a standby to say what it does */
export function requireSight({ name, user }: Pick<Target, 'name' | 'user'>, { seesAll }: ServerState): void {
  if (seesAll) return;
  throw new HoldfastError('access-denied', `The role "${user}" does not see what ${name} receives.`, {
    hint: rights,
  });
}

type Row = Omit<ServerState, 'delay' | 'paused' | 'streaming'> & {
  delay: string;
  paused: boolean | null;
  streaming: boolean | null;
};

/**
 * Reads what a server is now. A role of pg_monitor sees all of it.
 *
 * The control file tells the timeline of a primary only as of its last checkpoint, so that of its next log file counts.
 */
export async function readState(client: Client): Promise<ServerState> {
  const { rows } = await client.query<Row>(`
    select (select system_identifier::text from pg_control_system()) as "systemId",
      r as "inRecovery",
      case when r then greatest((select received_tli from pg_stat_wal_receiver),
          (select min_recovery_end_timeline from pg_control_recovery()),
          (select timeline_id from pg_control_checkpoint()))
        else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int end as timeline,
      case when not r then pg_current_wal_lsn()::text end as written,
      pg_last_wal_receive_lsn()::text as received,
      pg_last_wal_replay_lsn()::text as replayed,
      to_json(greatest(pg_last_xact_replay_timestamp(),
        case when r then (select checkpoint_time from pg_control_checkpoint()) end)) #>> '{}' as "replayedAt",
      case when r then pg_is_wal_replay_paused() end as paused,
      (select status = 'streaming' from pg_stat_wal_receiver) as streaming,
      (select sender_host || ':' || sender_port from pg_stat_wal_receiver where status = 'streaming') as upstream,
      (select wait_event from pg_stat_activity where backend_type = 'startup') as "replayWaits",
      (select setting from pg_settings where name = 'recovery_min_apply_delay') as delay,
      current_setting('synchronous_standby_names') as "synchronousStandbys",
      pg_has_role('pg_read_all_stats', 'usage') as "seesAll",
      to_json(clock_timestamp()) #>> '{}' as at
    from pg_is_in_recovery() r`);
  const [row] = rows;
  if (row === undefined) throw new Error('a select without a table gave no row');
  return {
    ...row,
    replayedAt: row.replayedAt === null ? null : new Date(row.replayedAt).toISOString(),
    paused: row.paused === true,
    streaming: row.streaming === true,
    delay: Number(row.delay) / 1000,
    at: new Date(row.at).toISOString(),
  };
}
