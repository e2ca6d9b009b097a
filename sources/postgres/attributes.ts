import { type Client, escapeIdentifier, escapeLiteral } from 'pg';
import type { DatabaseFacts, Grant, Setting } from './database-facts.ts';

/** Settings whose value is a list of names, each quoted where it must be (PostgreSQL's GUC_LIST_QUOTE). */
const lists: ReadonlySet<string> = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
]);

/** What another database is given so that it can take the place of one. */
export type Attributes = Pick<DatabaseFacts, 'owner' | 'grants' | 'connectionLimit' | 'comment' | 'settings'>;

/**
 * Gives a database the owner, rights, limit, comment and settings that another one has. A setting that our role may not
 * make is left out and told, as the statement that a superuser runs: it can't be told in advance what it takes.
 *
 * @returns statements that were refused
 */
export async function giveAttributes(
  client: Client,
  database: string,
  attributes: Attributes,
): Promise<string[]> {
  const name = escapeIdentifier(database);
  await client.query(`alter database ${name} owner to ${escapeIdentifier(attributes.owner)}`);
  await takeGrants(client, database);
  for (const grant of attributes.grants) await client.query(grantStatement(name, grant));
  await client.query(`alter database ${name} connection limit ${attributes.connectionLimit}`);
  const { comment } = attributes;
  await client.query(`comment on database ${name} is ${comment === null ? 'null' : escapeLiteral(comment)}`);
  const refused: string[] = [];
  for (const setting of attributes.settings) {
    const statement = settingStatement(name, setting);
    if (!(await tried(client, statement))) refused.push(statement);
  }
  return refused;
}

/** Takes every right on a database away, also from its owner. */
export async function takeGrants(client: Client, database: string): Promise<void> {
  for (const grantee of await granteesOf(client, database))
    await client.query(`revoke all on database ${escapeIdentifier(database)} from ${grantee} cascade`);
}

/** Who has any right on a database, as SQL names them: `public` among them. */
export async function granteesOf(client: Client, database: string): Promise<string[]> {
  const { rows } = await client.query<{ grantee: string }>(
    `select distinct case a.grantee when 0 then 'public' else format('%I', pg_get_userbyid(a.grantee)) end as grantee
     from pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a where d.datname = $1`,
    [database],
  );
  return rows.map(({ grantee }) => grantee);
}

function grantStatement(name: string, { grantee, privilege, grantable }: Grant): string {
  const to = grantee === null ? 'public' : escapeIdentifier(grantee);
  return `grant ${privilege} on database ${name} to ${to}${grantable ? ' with grant option' : ''}`;
}

/** The statement that makes a setting of a database again, from how the catalogue has it. */
export function settingStatement(name: string, { role, name: setting, value }: Setting): string {
  const subject =
    role === null ? `alter database ${name}` : `alter role ${escapeIdentifier(role)} in database ${name}`;
  const values = lists.has(setting.toLowerCase()) ? listItems(value) : [value];
  // A name with a dot is one of an extension: two identifiers.
  const parts = setting.split('.').map((part) => escapeIdentifier(part));
  return `${subject} set ${parts.join('.')} to ${values.map((item) => escapeLiteral(item)).join(', ')}`;
}

/** The names in a list such as `"$user", public`. */
export function listItems(value: string): string[] {
  const items = [...value.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^,"\s]+))\s*(?:,|$)/g)];
  const names = items.map(([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '');
  return names.length === 0 ? [''] : names;
}

/** Whether a statement of a transaction was taken; the transaction goes on either way. */
async function tried(client: Client, statement: string): Promise<boolean> {
  await client.query('savepoint setting');
  try {
    await client.query(statement);
    await client.query('release savepoint setting');
    return true;
  } catch {
    await client.query('rollback to savepoint setting');
    return false;
  }
}
