import { createHash } from 'node:crypto';
import type { Client } from 'pg';
import { accessQueries } from './description-access.ts';
import { objectQueries } from './description-objects.ts';
import { relationQueries } from './description-relations.ts';
import { canonicalExpression } from './expression.ts';

/** Each object's kind and name, with a hash of what defines it. */
export type Description = Record<string, string>;

/** What every description query gives: what must be equal to the letter, and SQL that must mean the same. */
type Row = { kind: string; name: string; exact: string; expression: string };

/**
 * What a dump carries of the schema, object by object, read from the catalogs. It depends on no OID, on no order and
 * on no search path (the connection's is empty), and is the same after a dump was restored into the same major
 * version. Owners and grants are apart, because a restore without roles loses them.
 */
export async function describe(client: Client): Promise<{ schema: Description; access: Description }> {
  return {
    schema: await collect(client, [...relationQueries, ...objectQueries]),
    access: await collect(client, accessQueries),
  };
}

async function collect(client: Client, queries: readonly string[]): Promise<Description> {
  const description: Description = {};
  for (const query of queries) {
    const { rows } = await client.query<Row>(query);
    for (const row of rows) description[`${row.kind} ${row.name}`] = definitionHash(row);
  }
  return description;
}

function definitionHash(row: Row): string {
  const text = `${row.exact}\0${canonicalExpression(row.expression)}`;
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
