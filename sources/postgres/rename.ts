import { setTimeout as pause } from 'node:timers/promises';
import { type Client, escapeIdentifier } from 'pg';
import { HoldfastError } from '../../policy/errors.ts';
import type { WorkContext } from '../source.ts';
import { connect, type Target } from './connection.ts';
import { nameOfOid } from './database-facts.ts';
import { explainOnServer } from './explain-server.ts';

/** A database that gets another name. */
export type Renaming = { oid: number; from: string; to: string };

/** How long sessions that do not end are waited for. */
export const patienceSeconds = 45;
const againMs = 200;

/** How far a renaming is, by what the databases are called now. */
export async function renamed(client: Client, renamings: readonly Renaming[]): Promise<'before' | 'after'> {
  const names = await Promise.all(renamings.map(({ oid }) => nameOfOid(client, oid)));
  if (renamings.every(({ to }, index) => names[index] === to)) return 'after';
  if (renamings.every(({ from }, index) => names[index] === from)) return 'before';
  const told = renamings.map(({ from }, index) => `${from} is ${names[index] ?? 'gone'}`);
  throw new HoldfastError('refused', `The databases are not what they were: ${told.join(', ')}.`, {
    hint: 'Somebody renamed or dropped one. Nothing was changed.',
  });
}

/**
 * Renames databases and does what else belongs to it, in one transaction: all of it or nothing, also when this process
 * dies. Every session in them is ended. PostgreSQL's lock on a database keeps new ones waiting until the transaction is
 * over, so that nothing has to be forbidden that somebody would have to allow again.
 *
 * @param then runs inside the transaction, after the renaming
 * @returns what `then` returns; null when the databases have their new names already
 * @throws HoldfastError `refused` when the databases are not what they were, when a prepared transaction holds one, or
 *   when a session does not end within 45 seconds
 */
export async function renameDatabases<T>(
  target: Target,
  work: WorkContext,
  renamings: readonly Renaming[],
  then: (client: Client) => Promise<T>,
): Promise<T | null> {
  const [client, other] = [await connect(target, work), await connect(target, work)];
  try {
    const deadline = Date.now() + patienceSeconds * 1000;
    for (;;) {
      if ((await renamed(client, renamings)) === 'after') return null;
      await refusePrepared(client, renamings);
      try {
        return await attempt(client, other, renamings, then);
      } catch (error) {
        await client.query('rollback').catch(() => undefined);
        if (!isInUse(error)) throw error;
        if (Date.now() > deadline) throw await stillInUse(other, renamings);
        work.log('info', `A database is in use on ${target.name}: trying again.`);
      }
    }
  } catch (error) {
    throw explainOnServer(error, target);
  } finally {
    await Promise.all([client, other].map((each) => each.end().catch(() => undefined)));
  }
}

async function attempt<T>(
  client: Client,
  other: Client,
  renamings: readonly Renaming[],
  then: (client: Client) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  await client.query('begin');
  // PostgreSQL takes its lock, and then waits five seconds for the sessions that are being ended here.
  const ended = endSessions(other, renamings, ending.signal);
  try {
    for (const { from, to } of renamings)
      await client.query(`alter database ${escapeIdentifier(from)} rename to ${escapeIdentifier(to)}`);
  } finally {
    ending.abort();
    await ended;
  }
  const result = await then(client);
  await client.query('commit');
  return result;
}

async function endSessions(
  client: Client,
  renamings: readonly Renaming[],
  signal: AbortSignal,
): Promise<void> {
  const oids = renamings.map(({ oid }) => oid);
  while (!signal.aborted) {
    const found = await client
      .query<{ pid: number }>('select pid from pg_stat_activity where datid = any($1)', [oids])
      .catch(() => null);
    // One that we may not end is found by PostgreSQL itself.
    for (const { pid } of found?.rows ?? [])
      await client.query('select pg_terminate_backend($1)', [pid]).catch(() => undefined);
    await pause(againMs, undefined, { signal }).catch(() => undefined);
  }
}

/** SQLSTATE 55006, object_in_use. */
function isInUse(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === '55006';
}

async function refusePrepared(client: Client, renamings: readonly Renaming[]): Promise<void> {
  const { rows } = await client.query<{ gid: string; database: string }>(
    'select gid, database from pg_prepared_xacts where database = any($1)',
    [renamings.map(({ from }) => from)],
  );
  const [first] = rows;
  if (first !== undefined)
    throw heldByPrepared(
      first.database,
      rows.map(({ gid }) => gid),
    );
}

/** What is said of a database that can't be renamed for its prepared transactions. */
export function heldByPrepared(database: string, ids: readonly string[]): HoldfastError {
  return new HoldfastError(
    'refused',
    `The database ${database} has prepared transactions, and can't be renamed with them: ${ids.slice(0, 5).join(', ')}.`,
    { hint: 'Have their coordinator end them, or end them by COMMIT PREPARED or ROLLBACK PREPARED.' },
  );
}

async function stillInUse(client: Client, renamings: readonly Renaming[]): Promise<HoldfastError> {
  const { rows } = await client.query<{ pid: number; who: string }>(
    `select pid, concat_ws(' ', usename, application_name) as who from pg_stat_activity
     where datid = any($1) order by pid limit 5`,
    [renamings.map(({ oid }) => oid)],
  );
  const who = rows.map((row) => `${row.pid} (${row.who})`).join(', ') || 'none that we may see';
  return new HoldfastError(
    'refused',
    `Sessions in ${renamings.map(({ from }) => from).join(' or ')} did not end within ${patienceSeconds} seconds: ${who}.`,
    { hint: 'End them, or stop what they belong to; our role must be a member of pg_signal_backend.' },
  );
}
