import { firstUserOid, notOfExtension, userSchema } from './catalog.ts';

/** Schemas, apart from `public`: a new database has one, and a dump says nothing when it was dropped. */
const schemas = `
select 'schema' as kind, format('%I', n.nspname) as name, '' as exact, '' as expression
from pg_namespace n
where ${userSchema('n')} and n.nspname <> 'public' and ${notOfExtension('pg_namespace', 'n.oid')}`;

const extensions = `
select 'extension' as kind, format('%I', e.extname) as name, n.nspname::text as exact, '' as expression
from pg_extension e join pg_namespace n on n.oid = e.extnamespace`;

/** Functions, procedures and aggregates. Bodies count to the letter; defaults and SQL-standard bodies by meaning. */
const functions = `
select 'function' as kind,
  format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) as name,
  jsonb_build_array(p.prokind, l.lanname, p.provolatile, p.proisstrict, p.prosecdef, p.proleakproof, p.proparallel,
    p.procost, p.prorows, p.prosupport::text, pg_get_function_result(p.oid), p.prosrc, p.probin, p.proconfig,
    (select jsonb_build_array(a.aggkind, a.aggtransfn::text, a.aggfinalfn::text, a.aggcombinefn::text,
       a.aggmtransfn::text, format_type(a.aggtranstype, null), a.agginitval, a.aggsortop::text)
     from pg_aggregate a where a.aggfnoid = p.oid))::text as exact,
  concat(pg_get_function_arguments(p.oid), ' ',
    case when to_jsonb(p)->>'prosqlbody' is not null then pg_get_functiondef(p.oid) end) as expression
from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
where ${userSchema('n')} and ${notOfExtension('pg_proc', 'p.oid')}
  and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid
    and d.deptype = 'i')`;

/** Enums, domains, ranges and base types; arrays and row types come with what they are made from. */
const types = `
select 'type' as kind, format('%I.%I', n.nspname, t.typname) as name,
  jsonb_build_array(t.typtype, t.typlen, t.typbyval, t.typalign, t.typstorage, t.typnotnull,
    case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) end,
    (select jsonb_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid),
    (select jsonb_build_array(format_type(r.rngsubtype, null), r.rngcollation::regcollation::text,
       r.rngcanonical::text, r.rngsubdiff::text) from pg_range r where r.rngtypid = t.oid))::text as exact,
  coalesce(t.typdefault, '') as expression
from pg_type t join pg_namespace n on n.oid = t.typnamespace
where t.typtype in ('e', 'd', 'r', 'b') and ${userSchema('n')} and ${notOfExtension('pg_type', 't.oid')}
  and not exists (select from pg_type e where e.typarray = t.oid)`;

const comments = `
select 'comment' as kind, o.type || ' ' || o.identity as name, d.description as exact, '' as expression
from pg_description d, pg_identify_object(d.classoid, d.objoid, d.objsubid) o
where d.objoid >= ${firstUserOid} and d.classoid <> 'pg_extension'::regclass and o.identity is not null
  and coalesce(o.schema, '') !~ '^pg_'
  and not exists (select from pg_depend x where x.classid = d.classoid and x.objid = d.objoid and x.deptype = 'e')`;

const statistics = `
select 'statistics' as kind, format('%I.%I', n.nspname, s.stxname) as name, '' as exact,
  pg_get_statisticsobjdef(s.oid) as expression
from pg_statistic_ext s join pg_namespace n on n.oid = s.stxnamespace
where ${userSchema('n')} and ${notOfExtension('pg_statistic_ext', 's.oid')}`;

const eventTriggers = `
select 'event trigger' as kind, format('%I', e.evtname) as name,
  jsonb_build_array(e.evtevent, e.evtenabled, e.evttags, e.evtfoid::regprocedure::text)::text as exact,
  '' as expression
from pg_event_trigger e where ${notOfExtension('pg_event_trigger', 'e.oid')}`;

const publications = `
select 'publication' as kind, format('%I', p.pubname) as name,
  jsonb_build_array(p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate, p.pubviaroot,
    (select jsonb_agg(format('%I.%I', t.schemaname, t.tablename) order by t.schemaname, t.tablename) from pg_publication_tables t
       where t.pubname = p.pubname))::text as exact,
  '' as expression
from pg_publication p where ${notOfExtension('pg_publication', 'p.oid')}`;

/** Of rarer kinds their presence by name: what makes them is in the dump's own statements. */
const rarer = [
  'pg_am',
  'pg_cast',
  'pg_collation',
  'pg_conversion',
  'pg_foreign_data_wrapper',
  'pg_foreign_server',
  'pg_language',
  'pg_opclass',
  'pg_operator',
  'pg_opfamily',
  'pg_transform',
  'pg_ts_config',
  'pg_ts_dict',
  'pg_ts_parser',
  'pg_ts_template',
].map(
  (catalog) => `
select o.type as kind, o.identity as name, '' as exact, '' as expression
from ${catalog} x, pg_identify_object('${catalog}'::regclass, x.oid, 0) o
where x.oid >= ${firstUserOid} and ${notOfExtension(catalog, 'x.oid')} and coalesce(o.schema, '') !~ '^pg_'`,
);

/** One query for each kind of object that stands on its own. */
export const objectQueries: readonly string[] = [
  schemas,
  extensions,
  functions,
  types,
  comments,
  statistics,
  eventTriggers,
  publications,
  ...rarer,
];
