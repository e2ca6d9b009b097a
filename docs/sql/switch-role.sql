-- Makes the role that puts a restored database in place of the live one. Run it once for each database, as a superuser,
-- and again when objects got new owners:
--
--   psql --dbname=shop --set=role=holdfast_switch --file=switch-role.sql
--   psql --dbname=shop --command='\password holdfast_switch'
--
-- It acts for the owners of the database and of what is in it, as it must to make everything anew as theirs. What only a
-- superuser may do, it can't: a database that a superuser owns, extensions that are not trusted, settings that are
-- reserved. docs/switching.md says what follows.
\set ON_ERROR_STOP on

select format('create role %I login', :'role')
where not exists (select from pg_roles where rolname = :'role') \gexec

-- To make the scratch database, and to rename.
alter role :"role" createdb;

-- To end the sessions that are left when services were stopped.
grant pg_signal_backend to :"role";

-- Renaming takes the owner's rights, and so does making objects that are theirs.
select format('grant %I to %I', rolname, :'role')
from pg_roles
where not rolsuper and rolname <> :'role' and rolname !~ '^pg_'
  and oid in (
    select datdba from pg_database where datname = current_database()
    union select relowner from pg_class where oid >= 16384
    union select proowner from pg_proc where oid >= 16384
    union select typowner from pg_type where oid >= 16384
    union select nspowner from pg_namespace where oid >= 16384
    union select lomowner from pg_largeobject_metadata
    union select defaclrole from pg_default_acl
  )
order by rolname \gexec

-- To compare what was restored, row by row, also what row security hides from others.
alter role :"role" bypassrls;
select current_setting('server_version_num')::int >= 140000 as reads_all \gset
\if :reads_all
  grant pg_read_all_data to :"role";
\endif
