import { notOfExtension, userSchema } from './catalog.ts';

/**
 * An access list in one form: by default rights where nothing is set, in order, and without the grantor. The owner
 * is in a field of its own.
 */
const grants = (acl: string, kind: string, owner: string): string =>
  `(select coalesce(jsonb_agg(regexp_replace(i::text, '/[^/]*$', '') order by i::text), '[]')
    from unnest(coalesce(${acl}, acldefault('${kind}', ${owner}))) i)`;

const relation = (kinds: string, acl: string): string => `
select 'access to' as kind, format('%I.%I', n.nspname, c.relname) as name,
  jsonb_build_array(pg_get_userbyid(c.relowner), ${grants('c.relacl', acl, 'c.relowner')},
    (select jsonb_agg(jsonb_build_array(a.attname, (select jsonb_agg(regexp_replace(i::text, '/[^/]*$', '') order by i::text)
       from unnest(a.attacl) i)) order by a.attname)
     from pg_attribute a where a.attrelid = c.oid and a.attacl is not null and not a.attisdropped))::text as exact,
  '' as expression
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in (${kinds}) and ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}`;

const functions = `
select 'access to' as kind,
  format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) as name,
  jsonb_build_array(pg_get_userbyid(p.proowner), ${grants('p.proacl', 'f', 'p.proowner')})::text as exact,
  '' as expression
from pg_proc p join pg_namespace n on n.oid = p.pronamespace
where ${userSchema('n')} and ${notOfExtension('pg_proc', 'p.oid')}
  and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid
    and d.deptype = 'i')`;

const types = `
select 'access to type' as kind, format('%I.%I', n.nspname, t.typname) as name,
  jsonb_build_array(pg_get_userbyid(t.typowner), ${grants('t.typacl', 'T', 't.typowner')})::text as exact,
  '' as expression
from pg_type t join pg_namespace n on n.oid = t.typnamespace
where t.typtype in ('e', 'd', 'r', 'b') and ${userSchema('n')} and ${notOfExtension('pg_type', 't.oid')}
  and not exists (select from pg_type e where e.typarray = t.oid)`;

/** Schemas; the owner of `public` is the server's own business, so neither it nor its rights count. */
const schemas = `
select 'access to schema' as kind, format('%I', n.nspname) as name,
  jsonb_build_array(case when n.nspname <> 'public' then pg_get_userbyid(n.nspowner) end,
    (select coalesce(jsonb_agg(regexp_replace(i::text, '/[^/]*$', '') order by i::text), '[]')
     from unnest(coalesce(n.nspacl, acldefault('n', n.nspowner))) i
     where n.nspname <> 'public' or i::text not like format('%I=%%', pg_get_userbyid(n.nspowner))))::text as exact,
  '' as expression
from pg_namespace n where ${userSchema('n')} and ${notOfExtension('pg_namespace', 'n.oid')}`;

const largeObjects = `
select 'access to large object' as kind, l.oid::text as name,
  jsonb_build_array(pg_get_userbyid(l.lomowner), ${grants('l.lomacl', 'L', 'l.lomowner')})::text as exact,
  '' as expression
from pg_largeobject_metadata l`;

const defaults = `
select 'default access' as kind,
  concat_ws(' ', pg_get_userbyid(d.defaclrole), n.nspname, d.defaclobjtype) as name,
  (select jsonb_agg(regexp_replace(i::text, '/[^/]*$', '') order by i::text) from unnest(d.defaclacl) i)::text as exact,
  '' as expression
from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace`;

/** One query for each kind of object that has an owner and grants. */
export const accessQueries: readonly string[] = [
  relation("'r','p','v','m','f'", 'r'),
  relation("'S'", 's'),
  functions,
  types,
  schemas,
  largeObjects,
  defaults,
];
