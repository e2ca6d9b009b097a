-- Makes the role that Holdfast backs up with, and gives it what a whole backup needs. Run it once for each database,
-- as a superuser; it may be run again:
--
--   psql --dbname=shop --set=role=holdfast --file=backup-role.sql
--   psql --dbname=shop --command='\password holdfast'
--
-- docs/least-privilege.md says what each line is for.
\set ON_ERROR_STOP on

select format('create role %I login', :'role')
where not exists (select from pg_roles where rolname = :'role') \gexec

grant connect on database :"DBNAME" to :"role";

-- A guard against mistakes: what connects as this role can't write unless it says so.
alter role :"role" set default_transaction_read_only = on;

-- Rows that row security hides from others belong into a backup too.
alter role :"role" bypassrls;

-- Large objects have owners of their own, and no right to read all of them can be granted.
alter role :"role" in database :"DBNAME" set lo_compat_privileges = on;

select current_setting('server_version_num')::int >= 140000 as reads_all \gset
\if :reads_all
  grant pg_read_all_data to :"role";
\else
  -- PostgreSQL 13 knows no such role: this covers what is there now and, for each owner, what comes later.
  select format('grant usage on schema %1$I to %2$I; '
    'grant select on all tables in schema %1$I to %2$I; '
    'grant select on all sequences in schema %1$I to %2$I;', nspname, :'role')
  from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' \gexec
  select format('alter default privileges for role %1$I grant select on tables to %2$I; '
    'alter default privileges for role %1$I grant select on sequences to %2$I; '
    'alter default privileges for role %1$I grant usage on schemas to %2$I;', rolname, :'role')
  from pg_roles where oid in (select relowner from pg_class where oid >= 16384) \gexec
\endif
