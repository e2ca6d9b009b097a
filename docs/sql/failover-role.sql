-- Makes the two roles that fail a primary over to its standby, and back: one that looks, promotes and rewinds, and one that
-- standbys copy as. Run it once, on the primary, as a superuser, in the database that the target names; standbys get it by
-- replication. It may be run again:
--
--   psql --dbname=shop --set=role=holdfast_failover --set=replication=holdfast_replication --file=failover-role.sql
--   psql --dbname=shop --command='\password holdfast_failover' --command='\password holdfast_replication'
--
-- docs/least-privilege.md says what each line is for. pg_hba.conf needs a line for the database "replication" as well.
\set ON_ERROR_STOP on

select format('create role %I login', :'role')
where not exists (select from pg_roles where rolname = :'role') \gexec
select format('create role %I login replication', :'replication')
where not exists (select from pg_roles where rolname = :'replication') \gexec

-- To see how far a standby is and what holds it up, and how large a copy would be.
grant pg_monitor to :"role";

-- To promote. A function's rights are of one database: run this where the target's `database` is.
grant execute on function pg_catalog.pg_promote(boolean, integer) to :"role";

-- To look, once promoted, whether it takes writes.
grant connect, temporary on database :"DBNAME" to :"role";

-- To rewind a former primary: pg_rewind reads the new one's files, and therefore everything that is in it.
grant execute on function pg_catalog.pg_ls_dir(text, boolean, boolean) to :"role";
grant execute on function pg_catalog.pg_stat_file(text, boolean) to :"role";
grant execute on function pg_catalog.pg_read_binary_file(text) to :"role";
grant execute on function pg_catalog.pg_read_binary_file(text, bigint, bigint, boolean) to :"role";

-- So that a rewind need not wait for the next checkpoint of a server that was just promoted.
select current_setting('server_version_num')::int >= 150000 as has_checkpoint \gset
\if :has_checkpoint
  grant pg_checkpoint to :"role";
\endif
