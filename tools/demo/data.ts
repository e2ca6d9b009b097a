import { Client } from 'pg';
import type { PostgresServer } from '../servers/index.ts';

const orders = 450_000;

/** A shop and its billing, with the shapes of real tables: keys, text, money, time, JSON, an index or two. */
const shop = `
  create type order_state as enum ('new', 'paid', 'shipped', 'returned');
  create table customers (
    id bigserial primary key, name text not null, email text not null unique, city text, since date not null);
  create table orders (
    id bigserial primary key, customer_id bigint not null references customers, state order_state not null,
    total numeric(10, 2) not null, note text, created_at timestamptz not null);
  create table events (
    id bigserial primary key, order_id bigint not null, kind text not null, detail jsonb not null, at timestamptz not null);
  insert into customers (name, email, city, since)
    select 'Customer ' || i, 'customer' || i || '@example.org',
      (array['Amsterdam', 'Berlin', 'Lisbon', 'Oslo', 'Prague'])[1 + i % 5], date '2020-01-01' + i % 2000
    from generate_series(1, 20000) i;
  insert into orders (customer_id, state, total, note, created_at)
    select 1 + i % 20000, (array['new', 'paid', 'shipped', 'returned'])[1 + i % 4]::order_state,
      (i * 37 % 100000) / 100.0, md5(i::text), now() - (${orders} - i) * interval '40 seconds'
    from generate_series(1, ${orders}) i;
  insert into events (order_id, kind, detail, at)
    select i, (array['created', 'paid', 'packed'])[1 + i % 3],
      jsonb_build_object('ip', '192.0.2.' || i % 256, 'token', md5((i * 7)::text)),
      now() - (${orders} - i) * interval '40 seconds'
    from generate_series(1, ${orders}) i;
  create index on orders (created_at);
  create view revenue as select date_trunc('day', created_at) as day, sum(total) from orders group by 1;
  analyze;`;

const billing = `
  create table invoices (id serial primary key, order_id bigint not null, amount numeric(10, 2) not null, issued date not null);
  insert into invoices (order_id, amount, issued)
    select i, (i * 13 % 50000) / 100.0, date '2026-01-01' + i % 300 from generate_series(1, 5000) i;`;

/** The role that docs/sql/backup-role.sql makes, in short. */
const role = (password: string) =>
  `create role backup login password '${password}'; grant pg_read_all_data to backup;`;

/** Fills the server, and makes a role that may read and no more. */
export async function fillDatabases(server: PostgresServer, backupPassword: string): Promise<void> {
  await execute(server, 'postgres', role(backupPassword));
  await execute(server, 'postgres', 'create database shop');
  await execute(server, 'postgres', 'create database billing');
  await Promise.all([execute(server, 'shop', shop), execute(server, 'billing', billing)]);
}

async function execute(server: PostgresServer, database: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: server.url(database) });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
