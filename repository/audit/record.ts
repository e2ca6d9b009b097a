import { sentenceOf } from '../../policy/errors.ts';
import { auditNamespace, sign } from '../signing.ts';
import type { Store } from '../store.ts';
import { type AppendInput, appendEvents, type Place } from './append.ts';
import { type Head, statementBytes } from './entry.ts';
import { headIsThere, putHead, statementsOf } from './heads.ts';
import { headsFolder, witnessFolder } from './layout.ts';

/** Another repository that keeps the heads of the chain; opened when there is a head to give it. */
export type Witness = {
  name: string;
  use(body: (store: Store, signal: AbortSignal) => Promise<void>): Promise<void>;
};

export type RecordEventsInput = AppendInput & {
  witnesses: readonly Witness[];
  /** The text of the zone's private signing key. */
  signingKey: string;
  /** A directory private to us. */
  directory: string;
};

export type Recorded = { last: Place; unwitnessed: { repository: string; sentence: string }[] };

/**
 * Appends events to a zone's chain, signs what was written, and gives the signed head to the audit repository and to
 * each witness that can take it. A crash between any two of these is safe: the next attempt finds what is there.
 *
 * @throws HoldfastError when the chain or its head can't be written; a witness that can't is told and no failure
 */
export async function recordEvents(input: RecordEventsInput): Promise<Recorded> {
  const { store, chain, directory, now = () => new Date() } = input;
  const signalled = input.signal === undefined ? {} : { signal: input.signal };
  const places = await appendEvents(input);
  const unwitnessed = new Map<string, string>();
  for (const statement of statementsOf(chain, places, now())) {
    if (await headIsThere(store, headsFolder(chain.zone), statement, input.signal)) continue;
    const bytes = statementBytes(statement);
    const signature = await sign(bytes, input.signingKey, {
      directory,
      namespace: auditNamespace,
      ...signalled,
    });
    const head = { statement, signature };
    await putHead(store, headsFolder(chain.zone), head, input.signal);
    for (const [name, sentence] of await tellWitnesses(input, head)) unwitnessed.set(name, sentence);
  }
  const last = places.at(-1);
  if (last === undefined) throw new RangeError('there was no event to record');
  return {
    last,
    unwitnessed: [...unwitnessed].map(([repository, sentence]) => ({ repository, sentence })),
  };
}

async function tellWitnesses(
  { witnesses, chain, signal }: RecordEventsInput,
  head: Head,
): Promise<[string, string][]> {
  const told = await Promise.all(
    witnesses.map(async ({ name, use }): Promise<[string, string][]> => {
      try {
        await use((store, patience) => putHead(store, witnessFolder(chain.zone), head, patience));
        return [];
      } catch (error) {
        if (signal?.aborted) throw error;
        return [[name, sentenceOf(error)]];
      }
    }),
  );
  return told.flat();
}
