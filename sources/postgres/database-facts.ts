import type { Client } from 'pg';
import { HoldfastError } from '../../policy/errors.ts';

export type Grant = {
  /** Null: everybody. */
  grantee: string | null;
  privilege: string;
  grantable: boolean;
};

export type Setting = {
  /** Null: everybody's. */
  role: string | null;
  name: string;
  /** As the catalogue has it. */
  value: string;
};

/** What a database is beside its contents: none of it is in a dump of one database, and all of it goes with the name. */
export type DatabaseFacts = {
  /** Tells the database from any other, whatever it is called. */
  oid: number;
  name: string;
  owner: string;
  tablespace: string;
  bytes: number;
  /** -1: no limit. */
  connectionLimit: number;
  comment: string | null;
  grants: Grant[];
  settings: Setting[];
  /** Transactions that were prepared and not ended: nothing can be renamed with them. */
  prepared: string[];
  /** Logical replication slots: they stay with the database, not with the name. */
  slots: string[];
};

/**
 * Reads what goes with a database's name.
 *
 * @throws HoldfastError `not-found` when the server has no such database
 */
export async function readDatabase(client: Client, name: string): Promise<DatabaseFacts> {
  const { rows } = await client.query<Omit<DatabaseFacts, 'bytes'> & { bytes: string }>(
    `select d.oid, d.datname as name, pg_get_userbyid(d.datdba) as owner, t.spcname as tablespace,
       pg_database_size(d.oid)::text as bytes, d.datconnlimit as "connectionLimit",
       shobj_description(d.oid, 'pg_database') as comment,
       (select coalesce(json_agg(json_build_object('grantee', case a.grantee when 0 then null
            else pg_get_userbyid(a.grantee) end, 'privilege', a.privilege_type, 'grantable', a.is_grantable)
            order by a.grantee, a.privilege_type), '[]')
        from aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a) as grants,
       (select coalesce(json_agg(json_build_object('role', case s.setrole when 0 then null
            else pg_get_userbyid(s.setrole) end, 'name', split_part(c, '=', 1),
            'value', substr(c, strpos(c, '=') + 1)) order by s.setrole, c), '[]')
        from pg_db_role_setting s, unnest(s.setconfig) c where s.setdatabase = d.oid) as settings,
       (select coalesce(json_agg(p.gid), '[]') from pg_prepared_xacts p where p.database = d.datname) as prepared,
       (select coalesce(json_agg(r.slot_name), '[]') from pg_replication_slots r where r.database = d.datname) as slots
     from pg_database d join pg_tablespace t on t.oid = d.dattablespace where d.datname = $1`,
    [name],
  );
  const [found] = rows;
  if (found !== undefined) return { ...found, bytes: Number(found.bytes) };
  throw new HoldfastError('not-found', `The server has no database "${name}".`, {
    hint: 'Only a database that is there can be replaced.',
  });
}

/** The name that a database has now; null when it is gone. */
export async function nameOfOid(client: Client, oid: number): Promise<string | null> {
  const { rows } = await client.query<{ name: string }>(
    'select datname as name from pg_database where oid = $1',
    [oid],
  );
  return rows[0]?.name ?? null;
}
