import type { Client } from 'pg';
import { notOfExtension, userSchema } from './catalog.ts';

/** A relation whose rows are counted. */
export type Countable = {
  /** Quoted where the server would: as in SQL. */
  name: string;
  kind: 'table' | 'materialized view';
  /** Size in pages when it was last analyzed: puts large ones first. */
  pages: number;
  /** Columns by name, quoted, or empty for a table without any. */
  columns: string;
};

export type Counted = { rows: number; checksum?: string };

/** Something that the dump has no data of, and why. */
export type Exclusion = { name: string; why: string };

/**
 * Tables leaf by leaf (a partition is counted, its parent has no rows) and populated materialized views. Extensions'
 * own tables are not among them.
 */
export async function findCountable(client: Client): Promise<Countable[]> {
  const { rows } = await client.query<Countable>(`
    select format('%I.%I', n.nspname, c.relname) as name,
      case c.relkind when 'm' then 'materialized view' else 'table' end as kind, c.relpages as pages,
      coalesce((select string_agg(format('t.%I', a.attname), ', ' order by a.attname) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), '') as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where (c.relkind = 'r' or c.relkind = 'm' and c.relispopulated) and ${userSchema('n')}
      and ${notOfExtension('pg_class', 'c.oid')}
    order by c.relpages desc, 1`);
  return rows;
}

export async function findExcluded(client: Client): Promise<Exclusion[]> {
  const { rows } = await client.query<Exclusion>(`
    select format('%I.%I', n.nspname, c.relname) as name,
      case when c.relkind = 'f' then 'a foreign table: its rows are on another server'
        when c.relkind = 'm' then 'a materialized view that was never filled'
        when c.relkind = 'i' then 'an invalid index: pg_dump leaves it out'
        else 'belongs to an extension' end as why
    from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_index i on i.indexrelid = c.oid
    where ${userSchema('n')} and (c.relkind = 'f' or c.relkind = 'm' and not c.relispopulated
      or c.relkind = 'i' and not i.indisvalid
      or c.relkind = 'r' and not ${notOfExtension('pg_class', 'c.oid')}) order by 1`);
  return rows;
}

const largePages = 20_000;
const batchSize = 100;

/** Groups relations so that thousands of small ones cost few queries, and large ones run on their own. */
export function batches(relations: Countable[]): Countable[][] {
  const large = relations.filter((one) => one.pages >= largePages).map((one) => [one]);
  const small = relations.filter((one) => one.pages < largePages);
  const groups = Array.from({ length: Math.ceil(small.length / batchSize) }, (_, index) =>
    small.slice(index * batchSize, (index + 1) * batchSize),
  );
  return [...large, ...groups];
}

/** Counts the rows of each relation; with `checksums` also sums two independent 64-bit hashes of every row. */
export async function countBatch(
  client: Client,
  batch: Countable[],
  checksums: boolean,
): Promise<Map<string, Counted>> {
  const selects = batch.map((one, index) =>
    checksums && one.kind === 'table' ? hashRows(one, index) : countRows(one, index),
  );
  const { rows } = await client.query<{ at: number; rows: string; checksum: string | null }>(
    selects.join('\nunion all '),
  );
  const counted = new Map<string, Counted>();
  for (const row of rows) {
    const name = batch[row.at]?.name;
    if (name === undefined) continue;
    counted.set(name, {
      rows: Number(row.rows),
      ...(row.checksum === null ? {} : { checksum: row.checksum }),
    });
  }
  return counted;
}

/** `only` keeps a parent by inheritance from counting its children's rows again. */
const from = (one: Countable): string => (one.kind === 'table' ? `only ${one.name}` : one.name);

function countRows(one: Countable, index: number): string {
  return `select ${index} as at, count(*)::text as rows, null as checksum from ${from(one)}`;
}

/**
 * Each row as text, its columns by name, hashed with two seeds; sums do not depend on the order of rows, and count
 * equal rows as often as they occur. Text output is fixed by the connection's settings.
 */
function hashRows(one: Countable, index: number): string {
  return `select ${index} as at, count(*)::text as rows,
    concat(coalesce(sum(hashtextextended(r.line, 0)::numeric), 0), ':',
      coalesce(sum(hashtextextended(r.line, 7919)::numeric), 0)) as checksum
    from (select row(${one.columns})::text collate "C" as line from ${from(one)} t offset 0) r`;
}
