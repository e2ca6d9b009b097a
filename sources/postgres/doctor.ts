import type { Client } from 'pg';
import { sentenceOf } from '../../policy/errors.ts';
import type { PostgresSource } from '../../policy/resolved.ts';
import { counted, formatBytes, formatDuration } from '../../policy/units.ts';
import type { Finding, WorkContext } from '../source.ts';
import { notOfExtension, userSchema } from './catalog.ts';
import { connect, serverVersion } from './connection.ts';
import { chooseTools, findInstallations, type Installation, supportedMajors } from './tools.ts';

/** Everything that would stop or weaken a backup of this source from this worker. Each fault is a finding. */
export async function doctor(source: PostgresSource, work: WorkContext): Promise<Finding[]> {
  const installations = await findInstallations();
  const found = describeTools(installations);
  try {
    const client = await connect(source, work);
    try {
      found.push({
        check: 'connection',
        ok: true,
        sentence: `The user "${source.user}" reaches the database "${source.database}" at ${source.host}:${source.port}.`,
      });
      const major = Math.floor((await serverVersion(client)) / 10_000);
      found.push(...versionFindings(installations, major));
      for (const examine of [rights, largeObjectRights, role, transport, size, collation, locks])
        found.push(...(await examine(client, source)));
    } finally {
      await client.end();
    }
  } catch (error) {
    found.push({ check: 'connection', ok: false, sentence: sentenceOf(error) });
  }
  return found;
}

function describeTools(installations: Installation[]): Finding[] {
  if (installations.length === 0)
    return [attempt('tools', () => `pg_dump ${chooseTools([], supportedMajors.newest).version}`)];
  const all = installations.map((one) => `${one.version} in ${one.directory}`).join(', ');
  return [{ check: 'tools', ok: true, sentence: `PostgreSQL tools: ${all}.` }];
}

function versionFindings(installations: Installation[], major: number): Finding[] {
  const supported = major >= supportedMajors.oldest && major <= supportedMajors.newest;
  return [
    {
      check: 'version',
      ok: supported,
      sentence: supported
        ? `The server is PostgreSQL ${major}.`
        : `The server is PostgreSQL ${major}; Holdfast is tested with ${supportedMajors.oldest} to ${supportedMajors.newest}.`,
    },
    attempt('pg_dump', () => `pg_dump ${chooseTools(installations, major).version} makes the backups.`),
    attempt(
      'scratch',
      () => `Restores are tested here on PostgreSQL ${chooseTools(installations, major, true).version}.`,
    ),
  ];
}

function attempt(check: string, sentence: () => string): Finding {
  try {
    return { check, ok: true, sentence: sentence() };
  } catch (error) {
    return { check, ok: false, sentence: sentenceOf(error) };
  }
}

/** What may not be read, up to five names; and whether row security would hide rows. */
async function rights(client: Client, source: PostgresSource): Promise<Finding[]> {
  const { rows } = await client.query<{ unreadable: string[]; more: string; hidden: string[] }>(`
    with relation as (
      select format('%I.%I', n.nspname, c.relname) as name,
        has_schema_privilege(n.oid, 'usage') and case c.relkind when 'S' then has_sequence_privilege(c.oid, 'select')
          else has_table_privilege(c.oid, 'select') end as readable,
        c.relrowsecurity and row_security_active(c.oid) as hidden
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'm', 'S') and ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')})
    select coalesce((select array_agg(name) from (select name from relation where not readable order by 1 limit 5) u), '{}')
        as unreadable,
      greatest((select count(*) from relation where not readable) - 5, 0)::text as more,
      coalesce((select array_agg(name) from (select name from relation where hidden order by 1 limit 5) h), '{}') as hidden`);
  const [{ unreadable, more, hidden } = { unreadable: [], more: '0', hidden: [] }] = rows;
  const others = more === '0' ? '' : ` and ${more} more`;
  return [
    {
      check: 'rights',
      ok: unreadable.length === 0,
      sentence:
        unreadable.length === 0
          ? `The user "${source.user}" may read every table and sequence.`
          : `The user "${source.user}" may not read ${unreadable.join(', ')}${others}. Run docs/sql/backup-role.sql.`,
    },
    ...(hidden.length === 0
      ? []
      : [
          {
            check: 'row security',
            ok: false,
            sentence: `Row security would hide rows of ${hidden.join(', ')}: the backup role needs BYPASSRLS (docs/least-privilege.md).`,
          },
        ]),
  ];
}

async function largeObjectRights(client: Client, source: PostgresSource): Promise<Finding[]> {
  const { rows } = await client.query<{ all: string; unreadable: string }>(`
    select count(*)::text as all, (count(*) filter (where not (
      current_setting('lo_compat_privileges')::bool or current_setting('is_superuser')::bool
      or pg_has_role(lomowner, 'usage') or exists (select from aclexplode(lomacl) a where a.privilege_type = 'SELECT'
        and (a.grantee = 0 or pg_has_role(a.grantee, 'usage'))))))::text as unreadable
    from pg_largeobject_metadata`);
  const { all, unreadable } = rows[0] ?? { all: '0', unreadable: '0' };
  if (all === '0') return [];
  return [
    {
      check: 'large objects',
      ok: unreadable === '0',
      sentence:
        unreadable === '0'
          ? `The user "${source.user}" may read all ${all} large objects.`
          : `The user "${source.user}" may not read ${unreadable} of ${all} large objects: set lo_compat_privileges for it (docs/least-privilege.md).`,
    },
  ];
}

async function role(client: Client): Promise<Finding[]> {
  const { rows } = await client.query<{ standby: boolean; seconds: number | null }>(`
    select pg_is_in_recovery() as standby,
      extract(epoch from now() - pg_last_xact_replay_timestamp())::float8 as seconds`);
  const [facts] = rows;
  if (facts?.standby !== true) return [];
  const lag = facts.seconds === null ? 'an unknown time' : formatDuration(Math.max(0, facts.seconds));
  return [
    {
      check: 'standby',
      ok: true,
      sentence: `The server is a standby whose last replayed commit is ${lag} old; backups count as being that old.`,
    },
  ];
}

async function transport(client: Client, source: PostgresSource): Promise<Finding[]> {
  const { rows } = await client.query<{ ssl: boolean; version: string | null; local: boolean }>(
    'select ssl, version, inet_server_addr() is null as local from pg_stat_ssl where pid = pg_backend_pid()',
  );
  const [facts] = rows;
  const near = facts?.local === true || ['localhost', '127.0.0.1', '::1'].includes(source.host);
  if (facts?.ssl === true)
    return [
      { check: 'encryption', ok: true, sentence: `The connection is encrypted with ${facts.version}.` },
    ];
  return [
    {
      check: 'encryption',
      ok: near,
      sentence: near
        ? 'The connection is not encrypted; it stays on this host.'
        : 'The connection is not encrypted, so the data crosses the network in the clear: set `ssl.mode` to verify-full.',
    },
  ];
}

async function size(client: Client): Promise<Finding[]> {
  const { rows } = await client.query<{ bytes: string; tables: string }>(`
    select pg_database_size(current_database())::text as bytes,
      (select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'r' and ${userSchema('n')})::text as tables`);
  const [facts] = rows;
  return [
    {
      check: 'size',
      ok: true,
      sentence: `The database has ${counted(Number(facts?.tables ?? 0), 'table')} and takes ${formatBytes(Number(facts?.bytes ?? 0))} with its indexes.`,
    },
  ];
}

async function collation(client: Client): Promise<Finding[]> {
  if ((await serverVersion(client)) < 150_000) return [];
  const { rows } = await client.query<{ recorded: string; actual: string }>(`
    select datcollversion as recorded, pg_database_collation_actual_version(oid) as actual
    from pg_database where datname = current_database() and datcollversion <> pg_database_collation_actual_version(oid)`);
  return rows.map(({ recorded, actual }) => ({
    check: 'collation',
    ok: false,
    sentence: `The database was made with collation version ${recorded} and its host now has ${actual}: text indexes may be wrong. REINDEX, then ALTER DATABASE … REFRESH COLLATION VERSION.`,
  }));
}

/** Sessions that hold a lock which a dump would wait for. */
async function locks(client: Client): Promise<Finding[]> {
  const { rows } = await client.query<{ pid: number; relation: string; seconds: number }>(`
    select l.pid, l.relation::regclass::text as relation,
      coalesce(extract(epoch from now() - a.xact_start), 0)::float8 as seconds
    from pg_locks l join pg_stat_activity a on a.pid = l.pid join pg_class c on c.oid = l.relation
    where l.mode = 'AccessExclusiveLock' and l.granted and c.relkind in ('r', 'p', 'm')
      and l.database = (select oid from pg_database where datname = current_database()) limit 5`);
  return rows.map(({ pid, relation, seconds }) => ({
    check: 'locks',
    ok: false,
    sentence: `Session ${pid} has locked ${relation} for ${formatDuration(seconds)}; a backup would wait for it.`,
  }));
}
