import type { Client } from 'pg';
import { HoldfastError } from '../../policy/errors.ts';
import type { WorkContext } from '../source.ts';
import { connect, serverVersion, type Target } from './connection.ts';
import { batches, type Counted, countBatch, findCountable, findExcluded } from './contents.ts';
import { type Description, describe } from './description.ts';
import { explainQuery } from './explain.ts';
import type { Fingerprint, SequenceState } from './fingerprint.ts';
import { largeObjects } from './large-objects.ts';

type Request = {
  target: Target;
  work: WorkContext;
  mode: Fingerprint['mode'];
  /** An exported snapshot, or null for what is there now. */
  snapshot: string | null;
  /** Read before the dump started, so that what the dump reads is never behind. */
  sequences: Record<string, SequenceState>;
  recent: { table: string; column: string } | undefined;
};

/** How many connections count at once. */
const lanes = 2;

/**
 * Reads everything that a restore is compared with, in one snapshot, each query in a transaction of its own so that
 * locks on thousands of tables are never held together.
 *
 * @throws HoldfastError `schema-changed` when a table went away since the snapshot, `access-denied` when something
 *   may not be read, `not-found` when there is no `recent` column; and what `connect` throws.
 */
export async function takeFingerprint(request: Request): Promise<Fingerprint> {
  const { target, work } = request;
  const clients = await connectAll(target, work);
  try {
    const [first] = clients;
    if (first === undefined) throw new Error('no connection');
    const within = <T>(client: Client, query: () => Promise<T>) =>
      transaction(client, request.snapshot, query);
    const facts = await within(first, () => databaseFacts(first));
    const description: { schema: Description; access: Description } = await within(first, () =>
      describe(first),
    );
    const countable = await within(first, () => findCountable(first));
    const excluded = await within(first, () => findExcluded(first));
    const recent = request.recent;
    const newest = recent === undefined ? null : await within(first, () => newestOf(first, recent, target));
    const objects = await within(first, () => largeObjects(first, request.mode === 'checksums'));
    const counts = new Map<string, Counted>();
    const queue = batches(countable);
    await Promise.all(
      clients.map(async (client) => {
        for (let batch = queue.shift(); batch !== undefined; batch = queue.shift()) {
          const group = batch;
          const found = await within(client, () => countBatch(client, group, request.mode === 'checksums'));
          for (const [name, count] of found) counts.set(name, count);
        }
      }),
    );
    const kinds = new Map(countable.map((one) => [one.name, one.kind]));
    const ofKind = (kind: string) =>
      Object.fromEntries([...counts].filter(([name]) => kinds.get(name) === kind));
    return {
      format: 'holdfast-postgres-fingerprint/1',
      mode: request.mode,
      ...facts,
      ...description,
      tables: ofKind('table'),
      materializedViews: ofKind('materialized view'),
      sequences: request.sequences,
      largeObjects: objects.found,
      recent: newest,
      excluded: [...excluded, ...objects.excluded],
    };
  } catch (error) {
    if (work.signal.aborted)
      throw new HoldfastError('interrupted', `The fingerprint of ${target.name} was stopped.`);
    throw explainQuery(error, target);
  } finally {
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
  }
}

async function connectAll(target: Target, work: WorkContext): Promise<Client[]> {
  const clients: Client[] = [];
  try {
    for (let lane = 0; lane < lanes; lane += 1) clients.push(await connect(target, work));
    return clients;
  } catch (error) {
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
    throw error;
  }
}

async function transaction<T>(client: Client, snapshot: string | null, query: () => Promise<T>): Promise<T> {
  await client.query('begin isolation level repeatable read read only');
  if (snapshot !== null) await client.query(`set transaction snapshot '${snapshot}'`);
  const result = await query();
  await client.query('commit');
  return result;
}

type Facts = Pick<Fingerprint, 'serverVersion' | 'encoding' | 'collation' | 'extensions'>;

async function databaseFacts(client: Client): Promise<Facts> {
  const { rows } = await client.query<{
    encoding: string;
    provider: string;
    name: string;
    version: string | null;
  }>(`
    select pg_encoding_to_char(d.encoding) as encoding, coalesce(j->>'datlocprovider', 'c') as provider,
      coalesce(j->>'datlocale', j->>'daticulocale', d.datcollate) as name,
      case when current_setting('server_version_num')::int >= 150000 then j->>'datcollversion' end as version
    from pg_database d, to_jsonb(d) j where d.datname = current_database()`);
  const extensions = await client.query<{ name: string; version: string }>(
    'select extname as name, extversion as version from pg_extension order by 1',
  );
  const [database] = rows;
  if (database === undefined) throw new Error('the current database is not in pg_database');
  const { encoding, ...collation } = database;
  return {
    serverVersion: await serverVersion(client),
    encoding,
    collation,
    extensions: Object.fromEntries(extensions.rows.map((one) => [one.name, one.version])),
  };
}

/**
 * The newest value of a column; the table may be written with its schema or without.
 *
 * @throws HoldfastError `not-found` when there is no such column, `bad-policy` when its type has no order
 */
export async function newestOf(
  client: Client,
  wanted: { table: string; column: string },
  target: Target,
): Promise<Fingerprint['recent']> {
  const { rows } = await client.query<{ relation: string; attribute: string }>(
    `select format('%I.%I', n.nspname, c.relname) as relation, format('%I', a.attname) as attribute
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attname = $2
     where c.relkind in ('r', 'p', 'v', 'm') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
       and (c.relname = $1 or n.nspname || '.' || c.relname = $1)
     order by n.nspname <> 'public', 1`,
    [wanted.table, wanted.column],
  );
  const [found] = rows;
  if (found === undefined)
    throw new HoldfastError(
      'not-found',
      `The database "${target.database}" has no column "${wanted.column}" of a table "${wanted.table}".`,
      {
        hint: "Correct `recent` in the plan's restoreTest, or give the backup role rights to see that table.",
      },
    );
  const newest = await client
    .query<{ value: string | null }>(
      `select to_jsonb(${found.attribute}) #>> '{}' as value from ${found.relation}
       where ${found.attribute} is not null order by ${found.attribute} desc limit 1`,
    )
    .catch((error: unknown) => {
      throw isUnordered(error) ? unordered(wanted, error) : error;
    });
  return { ...wanted, value: newest.rows[0]?.value ?? null };
}

/** SQLSTATE 42883: the type has no operator to sort by. */
function isUnordered(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === '42883';
}

function unordered(wanted: { table: string; column: string }, cause: unknown): HoldfastError {
  return new HoldfastError(
    'bad-policy',
    `The column "${wanted.column}" of "${wanted.table}" has a type without an order, so nothing in it is newest.`,
    { hint: "Name a column with a time or a counter as `recent` in the plan's restoreTest.", cause },
  );
}
