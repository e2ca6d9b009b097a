import { HoldfastError } from '../../policy/errors.ts';
import type { Store } from '../store.ts';
import type { Place } from './append.ts';
import { type ChainName, type Head, headBytes, headOf, type Statement } from './entry.ts';
import { keyOfNumber } from './layout.ts';

/** What a writer has to vouch for: one statement for each run of neighbouring entries of its own. */
export function statementsOf(chain: ChainName, places: readonly Place[], at: Date): Statement[] {
  const statements: Statement[] = [];
  for (const { number, hash } of places.toSorted((a, b) => a.number - b.number)) {
    const last = statements.at(-1);
    if (last !== undefined && last.seq === number) continue;
    if (last !== undefined && last.seq + 1 === number) Object.assign(last, { seq: number, hash });
    else
      statements.push({
        format: 'holdfast-audit-head/1',
        ...chain,
        from: number,
        seq: number,
        hash,
        at: at.toISOString(),
      });
  }
  return statements;
}

/** Whether a head of this writer's entries is there already, so that it need not be signed again. */
export async function headIsThere(
  store: Store,
  folder: string,
  statement: Statement,
  signal?: AbortSignal,
): Promise<boolean> {
  const bytes = await store.get(keyOfNumber(folder, statement.seq), signal);
  return bytes !== null && isSame(headOf(bytes), statement);
}

/**
 * Puts a signed head, create-only.
 *
 * @throws HoldfastError `corrupt-copy` when a head of the same number tells of another entry: the chain was cut short
 *   and went on, or was written anew
 */
export async function putHead(store: Store, folder: string, head: Head, signal?: AbortSignal): Promise<void> {
  const { seq, zone } = head.statement;
  const key = keyOfNumber(folder, seq);
  if ((await store.putIfAbsent(key, headBytes(head), signal)) === 'created') return;
  const there = await store.get(key, signal);
  if (there !== null && isSame(headOf(there), head.statement)) return;
  throw new HoldfastError(
    'corrupt-copy',
    `Repository ${store.name}: a head of entry ${seq} of the audit log of zone ${zone} was signed before, for another entry.`,
    { hint: 'Entries were removed or changed. Run `holdfast audit verify`, and find out who did it.' },
  );
}

const isSame = (head: Head | null, { organization, zone, hash }: Statement): boolean =>
  head !== null &&
  head.statement.organization === organization &&
  head.statement.zone === zone &&
  head.statement.hash === hash;
