import { type Client, escapeIdentifier } from 'pg';
import { HoldfastError } from '../../policy/errors.ts';
import type { ResolvedRefresh } from '../../policy/resolved-proof.ts';
import type { WorkContext } from '../source.ts';
import { connect, type Target } from './connection.ts';

export type Masking = Pick<ResolvedRefresh, 'owner' | 'trim' | 'mask' | 'verify'>;

/** How many statements of each kind were run. */
export type Masked = { trimmed: number; masked: number; verified: number };

/**
 * Trims and masks a database by the policy's SQL, in order and in one transaction, as the role that will own it; then
 * asks whether it is masked; then writes every table anew, so that no file holds the rows that were there before.
 *
 * @throws HoldfastError `bad-policy` for a statement that PostgreSQL refuses, `mismatch` for a query that is not true.
 *   Neither repeats a value: the data is not masked yet.
 */
export async function maskDatabase(target: Target, masking: Masking, work: WorkContext): Promise<Masked> {
  const { owner, trim, mask, verify } = masking;
  const client = await connect(target, work);
  try {
    // The policy's SQL is written for what everybody gets, and not for what we compare with. But rows that row security
    // hides would stay unmasked, and `verify` would not see them: they are an error.
    const settings = 'reset all; set statement_timeout = 0; set row_security = off';
    await client.query(settings);
    // What a killed worker has begun must not go on; version 13 can't tell.
    await client.query(
      `select set_config(name, '5s', false) from pg_settings where name = 'client_connection_check_interval'`,
    );
    await client.query(`set role ${escapeIdentifier(owner)}`);
    await client.query('begin');
    await runAll(client, 'trim', trim);
    await runAll(client, 'mask', mask);
    for (const [index, query] of verify.entries()) await requireTrue(client, query, index, verify.length);
    await client.query('commit');
    await client.query('vacuum (full, analyze)');
    return { trimmed: trim.length, masked: mask.length, verified: verify.length };
  } catch (error) {
    if (work.signal.aborted) throw new HoldfastError('interrupted', 'The masking was stopped.');
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function runAll(client: Client, kind: 'trim' | 'mask', statements: readonly string[]): Promise<void> {
  for (const [index, statement] of statements.entries())
    try {
      await client.query(statement);
    } catch (error) {
      throw refused(`Statement ${index + 1} of ${statements.length} of \`${kind}\``, error);
    }
}

async function requireTrue(client: Client, query: string, index: number, count: number): Promise<void> {
  const what = `Query ${index + 1} of ${count} of \`verify\``;
  let answer: { rows: unknown[][] };
  try {
    answer = await client.query<unknown[]>({ text: query, rowMode: 'array' });
  } catch (error) {
    throw refused(what, error);
  }
  const [row = [], ...more] = answer.rows;
  if (row.length === 1 && row[0] === true && more.length === 0) return;
  throw new HoldfastError(
    'mismatch',
    `${what} did not answer true, so the database is not let out: ${shown(query)}`,
    {
      hint: 'What it looks for is still there. Complete `mask`, or correct the query; it must give one row with one boolean.',
    },
  );
}

/** What PostgreSQL says of a statement, without any value: only what is wrong with the SQL itself is quoted. */
function refused(what: string, error: unknown): HoldfastError {
  const text = (name: string): string =>
    typeof error === 'object' && error !== null && name in error
      ? String(Reflect.get(error, name) ?? '')
      : '';
  const state = text('code');
  const said = state.startsWith('42') ? text('message') : '';
  const where = ['schema', 'table', 'column', 'constraint'].flatMap((name) => {
    const value = text(name);
    return value === '' ? [] : [`${name} ${value}`];
  });
  const details = [said, `SQLSTATE ${state === '' ? 'unknown' : state}`, ...where].filter(
    (part) => part !== '',
  );
  return new HoldfastError('bad-policy', `${what} failed: ${details.join(', ')}.`, {
    hint: "Correct the refresh's SQL and try it on a restored copy: what the message said is left out, because it may quote data.",
  });
}

const shown = (query: string): string => query.replaceAll(/\s+/g, ' ').trim().slice(0, 200);
