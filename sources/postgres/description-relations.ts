import { notOfExtension, userSchema } from './catalog.ts';

const userRelation = (kinds: string): string => `
  join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in (${kinds}) and ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}`;

/**
 * Options as somebody set them. Names that begin with pg_ are the server's own: PostgreSQL 15.20 keeps a number in
 * `pg_attver` of each column, which is another one wherever the column is made.
 */
const settings = (options: string): string =>
  `(select jsonb_agg(o order by o) from unnest(${options}) o where o !~ '^pg_')`;

/** Tables, views, materialized views, foreign tables and composite types, with their partitioning and inheritance. */
const relations = `
select case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table'
         when 'c' then 'type' else 'table' end as kind,
  format('%I.%I', n.nspname, c.relname) as name,
  jsonb_build_array(c.relkind, c.relpersistence, c.relispopulated, c.relreplident, c.relrowsecurity,
    c.relforcerowsecurity,
    (select amname from pg_am where pg_am.oid = c.relam),
    ${settings('c.reloptions')},
    (select jsonb_agg(format('%I.%I', pn.nspname, p.relname) order by i.inhseqno) from pg_inherits i
       join pg_class p on p.oid = i.inhparent join pg_namespace pn on pn.oid = p.relnamespace
       where i.inhrelid = c.oid),
    case when c.reloftype <> 0 then format_type(c.reloftype, null) end,
    case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end,
    (select jsonb_build_array(s.srvname, f.ftoptions) from pg_foreign_table f
       join pg_foreign_server s on s.oid = f.ftserver where f.ftrelid = c.oid))::text as exact,
  concat(pg_get_expr(c.relpartbound, c.oid),
    case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end) as expression
from pg_class c ${userRelation("'r','p','v','m','f','c'")}`;

/**
 * The columns of each relation. A child by inheritance may get them in another order when it is restored (inherited
 * ones first), so their positions count only elsewhere.
 */
const columns = `
select 'columns of' as kind, format('%I.%I', q.nspname, q.relname) as name,
  jsonb_agg(jsonb_build_array(q.attname, q.type, q.attnotnull, q.attidentity, q.attgenerated, q.attstorage,
    q.compression, q.target, q.collation, q.attoptions, q.attfdwoptions,
    case when q.ordered then q.position end) order by q.attname)::text as exact,
  coalesce(string_agg(format('%I = ', q.attname) || q.value, ', ' order by q.attname), '') as expression
from (
  select n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull, a.attidentity,
    a.attgenerated, a.attstorage, coalesce(to_jsonb(a)->>'attcompression', '') as compression,
    coalesce(nullif(a.attstattarget, -1), -1) as target,
    case when a.attcollation <> 0 and a.attcollation <> t.typcollation then a.attcollation::regcollation::text end
      as collation,
    ${settings('a.attoptions')} as attoptions, a.attfdwoptions, pg_get_expr(d.adbin, d.adrelid) as value,
    row_number() over (partition by c.oid order by a.attnum) as position,
    c.relispartition or not exists (select from pg_inherits i where i.inhrelid = c.oid) as ordered
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid and a.attnum > 0 and not a.attisdropped
  join pg_type t on t.oid = a.atttypid
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  ${userRelation("'r','p','f','c','v'")}
) q group by q.nspname, q.relname`;

/**
 * Constraints of tables and domains. Left out: not-null ones (the columns tell), constraint triggers (triggers tell),
 * and the foreign keys that the server makes for partitions under names of its own choice.
 */
const constraints = `
select 'constraint' as kind,
  format('%I.%I.%I', n.nspname, coalesce(c.relname, t.typname), k.conname) as name,
  jsonb_build_array(k.contype, k.condeferrable, k.condeferred, k.convalidated,
    to_jsonb(k)->>'conenforced')::text as exact,
  pg_get_constraintdef(k.oid) as expression
from pg_constraint k
left join pg_class c on c.oid = k.conrelid
left join pg_type t on t.oid = k.contypid
join pg_namespace n on n.oid = coalesce(c.relnamespace, t.typnamespace)
where k.contype in ('c', 'f', 'p', 'u', 'x') and not (k.contype = 'f' and k.conparentid <> 0)
  and ${userSchema('n')}
  and ${notOfExtension('pg_class', 'c.oid')} and ${notOfExtension('pg_type', 't.oid')}`;

/** Indexes. An invalid one of an ordinary table is not dumped, and named among what is excluded. */
const indexes = `
select 'index' as kind, format('%I.%I', n.nspname, c.relname) as name,
  jsonb_build_array(t.relname, i.indisclustered, i.indisreplident,
    (select format('%I.%I', pn.nspname, p.relname) from pg_inherits h join pg_class p on p.oid = h.inhparent
       join pg_namespace pn on pn.oid = p.relnamespace where h.inhrelid = c.oid),
    (select jsonb_agg(jsonb_build_array(a.attnum, a.attstattarget) order by a.attnum) from pg_attribute a
       where a.attrelid = c.oid and a.attstattarget >= 0))::text as exact,
  pg_get_indexdef(c.oid) as expression
from pg_index i
join pg_class c on c.oid = i.indexrelid
join pg_class t on t.oid = i.indrelid and ${notOfExtension('pg_class', 't.oid')}
${userRelation("'i','I'")} and (i.indisvalid or c.relkind = 'I') and t.relkind <> 't'`;

/** Sequences: how they count, not where they are. */
const sequences = `
select 'sequence' as kind, format('%I.%I', n.nspname, c.relname) as name,
  jsonb_build_array(c.relpersistence, format_type(s.seqtypid, null), s.seqstart, s.seqincrement, s.seqmax, s.seqmin,
    s.seqcache, s.seqcycle,
    (select jsonb_build_array(tn.nspname, t.relname, a.attname, d.deptype) from pg_depend d
       join pg_class t on t.oid = d.refobjid join pg_namespace tn on tn.oid = t.relnamespace
       join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
       where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.refclassid = 'pg_class'::regclass
         and d.deptype in ('a', 'i')))::text as exact,
  '' as expression
from pg_sequence s join pg_class c on c.oid = s.seqrelid ${userRelation("'S'")}`;

/** Triggers, without those that the server makes for constraints and for partitions. */
const triggers = `
select 'trigger' as kind, format('%I.%I.%I', n.nspname, c.relname, g.tgname) as name, g.tgenabled::text as exact,
  pg_get_triggerdef(g.oid) as expression
from pg_trigger g join pg_class c on c.oid = g.tgrelid
${userRelation("'r','p','v','f'")} and not g.tgisinternal
  and coalesce(to_jsonb(g)->>'tgparentid', '0') = '0'`;

const rules = `
select 'rule' as kind, format('%I.%I.%I', n.nspname, c.relname, r.rulename) as name, r.ev_enabled::text as exact,
  pg_get_ruledef(r.oid) as expression
from pg_rewrite r join pg_class c on c.oid = r.ev_class
${userRelation("'r','p','v','m','f'")} and r.rulename <> '_RETURN'`;

const policies = `
select 'policy' as kind, format('%I.%I.%I', n.nspname, c.relname, p.polname) as name,
  jsonb_build_array(p.polcmd, p.polpermissive,
    (select jsonb_agg(case r when 0 then 'public' else pg_get_userbyid(r) end order by pg_get_userbyid(r)) from unnest(p.polroles) r)
  )::text as exact,
  concat(pg_get_expr(p.polqual, p.polrelid), ' check ', pg_get_expr(p.polwithcheck, p.polrelid)) as expression
from pg_policy p join pg_class c on c.oid = p.polrelid ${userRelation("'r','p'")}`;

/** One query for each kind of object that belongs to a relation. */
export const relationQueries: readonly string[] = [
  relations,
  columns,
  constraints,
  indexes,
  sequences,
  triggers,
  rules,
  policies,
];
