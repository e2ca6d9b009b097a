-- Makes the role that restores into scratch databases on a server, and makes development databases there. Run it once on
-- the server, as a superuser, in any database; and again for each role that is to own a development database:
--
--   psql --dbname=postgres --set=role=holdfast_scratch --set=owner=developers --file=scratch-role.sql
--   psql --dbname=postgres --command='\password holdfast_scratch'
--
-- Without `owner` it can restore and compare, and no more. Extensions that are not trusted want a superuser: create them
-- for it, or use a server of their own.
\set ON_ERROR_STOP on

select format('create role %I login', :'role')
where not exists (select from pg_roles where rolname = :'role') \gexec

-- To make scratch databases, to rename them, and to drop them.
alter role :"role" createdb;

-- To compare rows that row security hides from others.
alter role :"role" bypassrls;

\if :{?owner}
  -- To make a database that is theirs, and to trim and mask it as them.
  grant :"owner" to :"role";
  -- To end sessions in the former development database.
  grant pg_signal_backend to :"role";
\endif
