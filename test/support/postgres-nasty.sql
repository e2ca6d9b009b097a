-- Everything that has broken a dump, a restore or a comparison somewhere.
create role "Owner é" nologin;
create role reader nologin;
create schema "Schöma ""x"" 'y'";
create schema empty;
create extension if not exists plpgsql;
comment on schema empty is 'kept empty; "quoted" ''text''';

create type mood as enum ('sad', 'ok', 'happy ''😀''');
alter type mood add value 'so-so' before 'ok';
create domain positive as integer default 1 constraint over_zero check (value > 0);
create type point3 as (x double precision, y double precision, z numeric(10, 3));
create type span as range (subtype = timestamptz);

create table orders (
  id bigint generated always as identity (start 10 increment 5) primary key,
  state varchar(20) not null default 'new' check (state in ('new', 'paid', 'sent')),
  amount positive not null,
  mood mood,
  place point3,
  during span,
  total numeric generated always as (amount * 2) stored,
  note text collate "C",
  created_at timestamptz not null default now(),
  exclude using gist (during with &&)
);
insert into orders (state, amount, mood, place, during, note, created_at)
select (array['new', 'paid', 'sent'])[1 + i % 3], i, 'happy ''😀''', row(i, 'NaN', 1.5)::point3,
  span(timestamptz '2026-01-01 00:00+00' + i * interval '1 hour', timestamptz '2026-01-01 00:30+00' + i * interval '1 hour'),
  case when i % 7 = 0 then null else E'line\nwith \t tab \\ and ''' || i end,
  timestamptz '2026-11-21 01:02:03.456789+00' - i * interval '1 day'
from generate_series(1, 500) i;
create index orders_paid on orders (lower(note) desc nulls last) include (amount) where state in ('paid', 'sent');
alter table orders cluster on orders_pkey;
alter table orders alter column note set statistics 500;
comment on column orders.note is 'a note; with "quotes" and 😀';

create table "Schöma ""x"" 'y'"."Täble ""😀"" with $dollar$ and 'quotes'" ("select" int, "Größe" text, " spaced " date);
insert into "Schöma ""x"" 'y'"."Täble ""😀"" with $dollar$ and 'quotes'" values (1, 'ß', '-infinity'), (2, null, '2026-02-28'), (1, 'ß', '-infinity');
create table "UPPER" (a int);
create table upper (a int);
insert into "UPPER" values (1), (2);
create table nothing ();
insert into nothing default values;

create table kinds (b bytea, f float8, r float4, i interval, d date, ts timestamp, j json, jb jsonb, u uuid, n inet,
  bits bit varying, money money, x xid, o regclass, arr int[][], t tsvector, m macaddr, h "char");
insert into kinds values ('\x00ff27', 'NaN', '-Infinity', '1 year -2 days 03:04:05.678', 'infinity', '4713-01-01 BC',
  '{"a" : 1,  "a": 2}', '{"b": [1, null]}', '00000000-0000-0000-0000-000000000001', '::1/64', B'101', 12.34, '7',
  'orders', '[2:3][0:1]={{1,2},{3,null}}', 'a fat:2 cat:3A', '08:00:2b:01:02:03', 'z'),
  (null, 1e-308, 3.4e38, '-1 mon', null, null, null, null, null, null, null, null, null, null, '{}', null, null, null);

create table measures (at timestamptz not null, sensor int not null, value float8, primary key (at, sensor)) partition by range (at);
create table measures_2025 partition of measures for values from ('2025-01-01') to ('2026-01-01') partition by hash (sensor);
create table measures_2025_0 partition of measures_2025 for values with (modulus 2, remainder 0);
create table measures_2025_1 partition of measures_2025 for values with (modulus 2, remainder 1);
create table measures_rest partition of measures default;
create index on measures (value);
insert into measures select timestamptz '2025-06-01 00:00+00' + i * interval '1 day', i % 5, i / 3.0 from generate_series(1, 400) i;
create table sensors (id int primary key);
insert into sensors select generate_series(0, 4);
alter table measures add constraint measures_sensor foreign key (sensor) references sensors deferrable initially deferred;

create table parent (a int, b text default 'p');
create table child (c int) inherits (parent);
alter table parent add column added int default 7;
insert into parent values (1), (2);
insert into child (a, c) values (3, 4);

create unlogged table cache (k text primary key, v text);
insert into cache values ('a', 'b');

create sequence counter increment by -3 minvalue -1000 maxvalue 10 start 10;
select nextval('counter'), nextval('counter');
create sequence unused;

create table secrets (tenant text, v text);
insert into secrets values ('a', '1'), ('b', '2');
alter table secrets enable row level security;
alter table secrets force row level security;
create policy own on secrets as restrictive for select to reader, "Owner é" using (tenant in ('a', current_user));
alter table secrets owner to "Owner é";
grant select (v), update on secrets to reader;
grant usage on schema empty to public;
alter default privileges in schema empty grant select on tables to reader;
revoke execute on all functions in schema public from public;

create function total(orders) returns numeric language sql stable as $_$ select $1.amount * 3 $_$;
create function touch() returns trigger language plpgsql set search_path to 'public', 'pg_temp' as $f$
begin
  -- 'quotes', $dollars$ and a semicolon;
  new.note := coalesce(new.note, 'x');
  return new;
end $f$;
create procedure nothing_much(inout a int default 1 + 2) language plpgsql as 'begin a := a + 1; end';
create aggregate product(numeric) (sfunc = numeric_mul, stype = numeric, initcond = '1');
create trigger touch before insert or update of note on orders for each row when (new.state in ('new', 'paid')) execute function touch();
create trigger each_measure after insert on measures for each row execute function touch();
alter table orders disable trigger touch;
alter table orders enable trigger touch;
create view busy with (security_barrier) as select o.*, s.id as sensor from orders o left join sensors s on s.id = o.id where o.state in ('new', 'paid') and (o.amount > 3 or o.note is null);
create rule no_delete as on delete to busy do instead nothing;
create materialized view daily as select at::date as day, count(*) as n from measures group by 1;
create unique index on daily (day);
create materialized view never as select 1 as one with no data;
create statistics orders_stats on state, amount from orders;
create publication "some" for table orders, sensors;
create foreign data wrapper nowhere;
create server far foreign data wrapper nowhere options (host 'far.example');
create foreign table remote (a int) server far;
create collation german (provider = libc, locale = 'C');
create operator === (leftarg = int, rightarg = int, function = int4eq);
create cast (mood as int) with inout;

select lo_from_bytea(90001, convert_to(repeat('large object', 1000), 'UTF8'));
select lo_create(90002);
select lo_put(90002, 100000, '\x00ff00');
comment on large object 90001 is 'a large one';
