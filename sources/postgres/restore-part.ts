import { HoldfastError } from '../../policy/errors.ts';

/** A table by the names that it has, unquoted. */
export type TableName = { schema: string; name: string };

/** What of a dump's table of contents is restored, and what of it stays out. */
export type Part = {
  /** For `pg_restore --use-list`, in the dump's own order. */
  list: string;
  tables: TableName[];
  /** How many stay out: they would refer to rows that are not there. */
  foreignKeys: number;
  /** How many stay unfilled: their queries want rows, and may fail without. */
  materializedViews: number;
};

/** What has rows. */
const rows = [
  'TABLE DATA',
  'MATERIALIZED VIEW DATA',
  'STATISTICS DATA',
  ...['BLOB', 'BLOBS', 'BLOB METADATA', 'LARGE OBJECT'],
];

/**
 * Chooses from the listing of `pg_restore --list` the definitions of everything, and the rows of some tables alone: a
 * table stands on types, functions and sequences that only the whole has. Pure.
 *
 * @param wanted as people write it: `orders`, `sales.orders`, `"Odd ""Items"""`
 * @throws HoldfastError `not-found` for a table without data of its own, `bad-usage` where schemas share its name
 */
export function choosePart(listing: string, wanted: readonly string[]): Part {
  const entries = entriesOf(listing);
  const data = entries.filter((line) => describes(line, 'TABLE DATA'));
  const owners = ownersIn(entries);
  const chosen = wanted.map((text) => chooseTable(text, data, owners));
  const lines = new Set(chosen.map(({ line }) => line));
  const kept = entries.filter((line) => lines.has(line) || !(isOneOf(line, rows) || isForeignKey(line)));
  return {
    list: `${kept.join('\n')}\n`,
    tables: chosen.map(({ table }) => table),
    foreignKeys: countOf(entries, 'FK CONSTRAINT'),
    materializedViews: countOf(entries, 'MATERIALIZED VIEW DATA'),
  };
}

/** As `choosePart`, without any rows: foreign keys hold between empty tables, and sequences begin anew. Pure. */
export function chooseDefinitions(listing: string): Part {
  const entries = entriesOf(listing);
  const kept = entries.filter((line) => !isOneOf(line, [...rows, 'SEQUENCE SET']));
  const materializedViews = countOf(entries, 'MATERIALIZED VIEW DATA');
  return { list: `${kept.join('\n')}\n`, tables: [], foreignKeys: 0, materializedViews };
}

const entriesOf = (listing: string): string[] => listing.split('\n').filter((line) => /^\d+; /.test(line));

const countOf = (entries: readonly string[], what: string): number =>
  entries.filter((line) => describes(line, what)).length;

/** `3360; 0 16385 TABLE DATA public orders owner`: what comes after the numbers. */
const textOf = (line: string): string => line.replace(/^\d+; \d+ \d+ /, '');

const describes = (line: string, what: string): boolean => textOf(line).startsWith(`${what} `);

const isOneOf = (line: string, whats: readonly string[]): boolean =>
  whats.some((what) => describes(line, what));

/** A comment does not say whether its constraint is a foreign key. */
const isForeignKey = (line: string): boolean =>
  describes(line, 'FK CONSTRAINT') || /^COMMENT .* CONSTRAINT /.test(textOf(line));

type Chosen = { line: string; table: TableName };

function chooseTable(text: string, data: readonly string[], owners: ReadonlySet<string>): Chosen {
  const found = new Map<string, Chosen>();
  for (const { schema, name } of readings(text))
    for (const line of data) {
      const table = tableOf(textOf(line).slice('TABLE DATA '.length), { schema, name }, owners);
      if (table !== null) found.set(line, { line, table });
    }
  const [first, second] = [...found.values()];
  if (first === undefined)
    throw new HoldfastError('not-found', `The backup has no rows of a table ${text}.`, {
      hint: 'Write it as in the database: orders, sales.orders. Of a partitioned table name the partitions.',
    });
  if (second !== undefined)
    throw new HoldfastError('bad-usage', `Several schemas have a table ${text}.`, {
      hint: `Write the schema too: ${[...found.values()].map(({ table }) => `${table.schema}.${table.name}`).join(' or ')}.`,
    });
  return first;
}

/** The table that an entry names, if it is this one: the listing separates names that may have blanks by blanks. */
function tableOf(
  entry: string,
  { schema, name }: { schema: string | null; name: string },
  owners: ReadonlySet<string>,
): TableName | null {
  const schemas = schema === null ? [...new Set([entry.slice(0, entry.indexOf(' ')), 'public'])] : [schema];
  for (const each of schemas) {
    const prefix = `${flat(each)} ${flat(name)} `;
    if (entry.startsWith(prefix) && isOwner(entry.slice(prefix.length), owners))
      return { schema: each, name };
  }
  return null;
}

const isOwner = (text: string, owners: ReadonlySet<string>): boolean =>
  !text.includes(' ') || owners.has(text);

/** Names with blanks are told from a longer table's name by being owners elsewhere. */
function ownersIn(entries: readonly string[]): Set<string> {
  return new Set(entries.flatMap((line) => /^(?:SCHEMA|DATABASE) - \S+ (.+)$/.exec(textOf(line))?.[1] ?? []));
}

/** As pg_restore lists names. */
const flat = (name: string): string => name.replaceAll(/[\r\n]/g, ' ');

/** What a text may mean: the name as it is, a schema and a name, or either in SQL's quotes. */
function readings(text: string): { schema: string | null; name: string }[] {
  const quoted = sqlName(text);
  const dots = [...text.matchAll(/\./g)].map(({ index }) => ({
    schema: text.slice(0, index),
    name: text.slice(index + 1),
  }));
  return [{ schema: null, name: text }, ...dots, ...(quoted === null ? [] : [quoted])];
}

const identifier = '("(?:[^"]|"")+"|[^".]+)';

/** Reads `orders`, `sales.orders` and `public."Odd ""Items"""` as SQL has them; null when it is none. */
export function sqlName(text: string): { schema: string | null; name: string } | null {
  const parts = new RegExp(`^(?:${identifier}\\.)?${identifier}$`, 's').exec(text);
  if (parts?.[2] === undefined) return null;
  return { schema: parts[1] === undefined ? null : unquoted(parts[1]), name: unquoted(parts[2]) };
}

const unquoted = (part: string): string =>
  part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part;
