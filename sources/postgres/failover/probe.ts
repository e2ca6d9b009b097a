import { HoldfastError, sentenceOf } from '../../../policy/errors.ts';
import type { PostgresTarget } from '../../../policy/resolved-failover.ts';
import type { WorkContext } from '../../source.ts';
import { onTarget, readState, type ServerState } from './state.ts';

/** What a server shows to somebody who wants to know whether it takes writes. */
export type Probe =
  | { kind: 'writable'; state: ServerState; sentence: string }
  /** A standby: it takes no writes. */
  | { kind: 'read-only'; state: ServerState; sentence: string }
  /** Something answers, and does not show whether it takes writes; perhaps for want of the database alone. */
  | { kind: 'unknown'; hasDatabase: boolean; sentence: string }
  /** Its host answers, and no server listens there. */
  | { kind: 'down'; sentence: string }
  /** Nothing comes back: it may run behind a broken network. */
  | { kind: 'silent'; sentence: string };

/** Nobody waits longer than this for a server that may be dead. */
const probeSeconds = 5;

/**
 * Asks a server what it is. Never throws but when the work is stopped: a server that does not answer is an answer.
 *
 * A server in which transactions are read-only by default counts as writable, since any session can change that.
 */
export async function probe(target: PostgresTarget, work: WorkContext): Promise<Probe> {
  const where = `${target.name} (${target.host}:${target.port})`;
  try {
    const state = await read(target, work);
    return state.inRecovery
      ? { kind: 'read-only', state, sentence: `${where} is a standby and takes no writes.` }
      : { kind: 'writable', state, sentence: `${where} takes writes.` };
  } catch (error) {
    if (work.signal.aborted) throw error;
    const kind = kindOf(error);
    if (kind === 'unknown') {
      const hasDatabase = !(error instanceof HoldfastError && error.code === 'not-found');
      const sentence = `${where} answers, but does not show what it is: ${sentenceOf(error)}`;
      return { kind, hasDatabase, sentence };
    }
    const how = kind === 'down' ? 'no server listens there' : 'nothing comes back';
    return { kind, sentence: `${where} does not answer: ${how}.` };
  }
}

/** Where its password can't be read here, it is still found out whether anything answers. */
async function read(target: PostgresTarget, work: WorkContext): Promise<ServerState> {
  const ask = (of: PostgresTarget) => onTarget(of, work, readState, probeSeconds);
  try {
    return await ask(target);
  } catch (error) {
    if (work.signal.aborted || !(error instanceof HoldfastError) || error.code !== 'bad-key') throw error;
    const { password: _password, ...open } = target;
    return ask(open);
  }
}

/** By what lies under the error: what a server itself says proves that it is there, also "too many clients". */
function kindOf(error: unknown): 'unknown' | 'down' | 'silent' {
  if (!(error instanceof HoldfastError) || error.code !== 'unreachable') return 'unknown';
  const codes = codesIn(error.cause);
  if (codes === null) return 'unknown';
  return codes.length > 0 && codes.every((code) => code === 'ECONNREFUSED' || code === 'ENOENT')
    ? 'down'
    : 'silent';
}

/** Codes of the operating system, one for each address that was tried; null for what a server said. */
function codesIn(cause: unknown): string[] | null {
  if (typeof cause !== 'object' || cause === null) return [];
  if ('severity' in cause && cause.severity !== undefined) return null;
  if ('errors' in cause && Array.isArray(cause.errors))
    return cause.errors.flatMap((each: unknown) => codesIn(each) ?? []);
  return 'code' in cause && typeof cause.code === 'string' ? [cause.code] : [];
}
