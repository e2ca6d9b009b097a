import { HoldfastError } from '../../policy/errors.ts';
import { formatDuration } from '../../policy/units.ts';
import type { Proof, WorkContext } from '../source.ts';
import { connect, type Target } from './connection.ts';

/** Seconds beyond its time that a query may take to be ended by the server, before we go on without it. */
const grace = 10;

/**
 * Asks one smoke query of the policy's: a single statement, in a transaction that can't write, with the search path
 * that the database gives everybody. It must answer one row with one value, true. Values are never repeated.
 *
 * What the server itself could not do counts as not checked: a query that took too long, a full disk, a lost connection
 * say nothing of the data.
 *
 * @param timeout seconds after which it is ended
 */
export async function askSmoke(
  target: Target,
  query: string,
  timeout: number,
  work: WorkContext,
): Promise<Proof> {
  const shown = query.replaceAll(/\s+/g, ' ').trim().slice(0, 200);
  const proof = (outcome: Proof['outcome'], said: string): Proof => ({
    check: 'smoke',
    outcome,
    sentence: `The smoke query \`${shown}\` ${said}.`,
  });
  const client = await connect(target, work);
  const late = setTimeout(() => void client.end().catch(() => undefined), (timeout + grace) * 1000);
  try {
    await client.query('begin read only');
    await client.query(
      `set local search_path to default; set local statement_timeout = ${Math.ceil(timeout * 1000)}`,
    );
    // A named statement is one statement: a second one behind a semicolon is refused.
    const { rows, fields } = await client.query<unknown[]>({ name: 'smoke', text: query, rowMode: 'array' });
    if (rows.length !== 1 || fields.length !== 1)
      return proof(
        'failed',
        `answered ${rows.length} rows of ${fields.length} columns, and one value is wanted`,
      );
    const [value] = rows[0] ?? [];
    if (value === true) return proof('passed', 'answered true');
    return proof(
      'failed',
      `answered ${value === false ? 'false' : value === null ? 'null' : 'neither true nor false'}`,
    );
  } catch (error) {
    if (work.signal.aborted) throw new HoldfastError('interrupted', 'The smoke queries were stopped.');
    const state = stateOf(error);
    if (state === '57014') return proof('not-checked', `did not answer within ${formatDuration(timeout)}`);
    const said = error instanceof Error ? error.message.slice(0, 300) : String(error);
    return proof(isOfTheServer(state) ? 'not-checked' : 'failed', `could not be run: ${said}`);
  } finally {
    clearTimeout(late);
    await client.end().catch(() => undefined);
  }
}

/**
 * Whether an error is the server's and not the data's: no connection, no resources, ended by somebody, a fault of its
 * system (PostgreSQL, appendix A: classes 08, 53, 57, 58). A connection that breaks off has no state, or one of Node's.
 */
const isOfTheServer = (state: string): boolean => state === '' || /^(08|53|57|58|E)/.test(state);

function stateOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
