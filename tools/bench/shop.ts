import { Client } from 'pg';
import type { PostgresServer } from '../servers/index.ts';

const words =
  'please leave it at the back door ring twice and wait the order was paid by card sent in two boxes call before delivery fragile glass keep dry handle with care thank you';

const tables = `
create table customers (
  id bigint primary key, name text not null, email text not null, address jsonb not null,
  balance numeric(12, 2) not null, vip boolean not null, created_at timestamptz not null);
create table orders (
  id bigint primary key, customer_id bigint not null, status text not null, total numeric(12, 2) not null,
  note text, placed_at timestamptz not null, due date);
create table order_lines (
  order_id bigint not null, line smallint not null, product integer not null, sku uuid not null,
  quantity smallint not null, price numeric(10, 2) not null, discount double precision,
  primary key (order_id, line));
create table events (
  id bigint primary key, kind text not null, payload jsonb not null, digest bytea not null,
  at timestamptz not null);`;

const indexes = `
create index orders_customer on orders (customer_id);
create index events_at on events (at);`;

/** A number below `below` that depends on the row and the seed, and on nothing else. */
const pick = (below: number, seed: number) => `abs(hashint8extended(i, ${seed}) % ${below})`;
const word = (seed: number) => `w[1 + ${pick(words.split(' ').length, seed)}]`;
const moment = (seed: number) => `timestamptz '2024-01-01' + ${pick(60_000_000, seed)} * interval '1 second'`;

const customers = `select i, initcap(${word(1)} || ' ' || ${word(2)}) || ' ' || ${pick(100_000, 3)},
  ${word(1)} || '.' || i || '@example.org',
  jsonb_build_object('street', ${word(4)} || ' street', 'number', ${pick(400, 5)}, 'city', ${word(6)},
    'postcode', lpad(${pick(99_999, 7)}::text, 5, '0'), 'country', 'NL'),
  ${pick(1_000_000, 8)} / 100.0, ${pick(20, 9)} = 0, ${moment(10)}`;

const orders = `select i, 1 + ${pick(500_000, 1)}, (array['new', 'paid', 'sent', 'returned'])[1 + ${pick(4, 2)}],
  ${pick(5_000_000, 3)} / 100.0,
  case when ${pick(3, 4)} = 0 then null
    else concat_ws(' ', ${[5, 6, 7, 8, 9, 10].map(word).join(', ')}, ${pick(10_000, 11)}) end,
  ${moment(12)}, date '2024-01-01' + ${pick(700, 13)}::integer`;

const orderLines = `select (i + 1) / 2, (i % 2)::smallint, ${pick(40_000, 1)}, md5(${pick(40_000, 1)}::text)::uuid,
  (1 + ${pick(9, 2)})::smallint, ${pick(100_000, 3)} / 100.0,
  case when ${pick(4, 4)} = 0 then ${pick(1000, 5)} / 1000.0 end`;

const events = `select i, (array['view', 'cart', 'pay', 'search'])[1 + ${pick(4, 1)}],
  jsonb_build_object('session', md5(${pick(200_000, 2)}::text), 'page', ${word(3)} || '/' || ${pick(40_000, 4)},
    'agent', ${word(5)} || ' ' || ${word(6)}, 'ms', ${pick(5000, 7)}),
  decode(md5(i::text), 'hex'), ${moment(8)}`;

/** A twentieth customers, three tenths orders, a tenth events, and the lines of orders for the rest. */
function shares(rows: number): [table: string, rows: number, select: string][] {
  const [c, o, e] = [0.05, 0.3, 0.1].map((share) => Math.floor(rows * share));
  return [
    ['customers', c ?? 0, customers],
    ['orders', o ?? 0, orders],
    ['order_lines', rows - (c ?? 0) - (o ?? 0) - (e ?? 0), orderLines],
    ['events', e ?? 0, events],
  ];
}

/** Makes a database with the data of a shop, `rows` in all; the same number gives the same data. */
export async function createShop(server: PostgresServer, database: string, rows: number): Promise<void> {
  await withDatabase(server, 'postgres', (client) => client.query(`create database ${database}`));
  if (rows === 0) return;
  await withDatabase(server, database, async (client) => {
    await client.query(tables);
    const dictionary = `(select string_to_array('${words}', ' ') as w) d`;
    for (const [table, share, select] of shares(rows))
      await client.query(
        `insert into ${table} ${select} from generate_series(1::bigint, ${share}) i, ${dictionary}`,
      );
    await client.query(indexes);
    await client.query('vacuum analyze');
    await client.query('checkpoint');
  });
}

/** Bytes that a database takes on disk. */
export async function databaseBytes(server: PostgresServer, database: string): Promise<number> {
  return withDatabase(server, database, async (client) => {
    const { rows } = await client.query<{ bytes: string }>(
      'select pg_database_size(current_database())::text as bytes',
    );
    return Number(rows[0]?.bytes);
  });
}

/** Runs queries in one connection as the server's superuser. */
export async function withDatabase<T>(
  server: PostgresServer,
  database: string,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({ connectionString: server.url(database) });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
