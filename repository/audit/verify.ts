import { HoldfastError } from '../../policy/errors.ts';
import type { Signer } from '../../policy/resolved.ts';
import { inFlight } from '../in-flight.ts';
import type { Store } from '../store.ts';
import { type FoundHead, type Row, type Walked, walkChain } from './check.ts';
import { lastNumber, listBlock, readLink } from './end.ts';
import { type ChainName, headOf, linkOf, statementBytes } from './entry.ts';
import { type SignatureCheck, signatureCheck } from './head-signature.ts';
import { chainFolder, headsFolder, isBlock, keyOfNumber, witnessFolder } from './layout.ts';

export type VerifyChainInput = {
  /** The audit repository. */
  store: Store;
  chain: ChainName;
  /** Repositories that keep heads of the chain too. */
  witnesses: readonly Store[];
  /** Whose signatures of heads count. */
  signers: readonly Signer[];
  signal?: AbortSignal;
  onProgress?: (entries: number) => void;
};

export type VerifiedChain = Walked & {
  /** Things in the chain's folders that are none of it. */
  strangers: string[];
};

const chunkSize = 125;
const chunksAtOnce = 3;

/** Strangers beyond so many are not named. */
const strangersNamed = 20;

type HeadSource = { name: string; store: Store; folder: string };

/**
 * Reads a zone's chain from its first entry to its last, and the signed heads in the audit repository and its
 * witnesses beside it, a thousand numbers at a time; tells the first link that does not hold and what it looks like.
 *
 * @throws HoldfastError what the stores throw: a chain that can't be read whole is neither good nor broken
 */
export async function verifyChain(input: VerifyChainInput): Promise<VerifiedChain> {
  const { store, chain, witnesses, signers, signal } = input;
  const heads: HeadSource[] = [
    { name: store.name, store, folder: headsFolder(chain.zone) },
    ...witnesses.map((witness) => ({
      name: witness.name,
      store: witness,
      folder: witnessFolder(chain.zone),
    })),
  ];
  const limit = await limitOf(input, heads);
  const reading: Reading = { input, heads, limit, check: signatureCheck(signers, signal), strangers: [] };
  const walked = await walkChain(chain, rowsOf(reading), (number) =>
    readLink(store, chain.zone, number, signal),
  );
  return { ...walked, strangers: reading.strangers };
}

type Reading = {
  input: VerifyChainInput;
  heads: HeadSource[];
  /** What is written beyond it while we read belongs to the next verification. */
  limit: number;
  check: SignatureCheck;
  strangers: string[];
};

/** The last number that counts. Heads are listed first: each of them was written after its entry. */
async function limitOf({ store, chain, signal }: VerifyChainInput, heads: HeadSource[]): Promise<number> {
  const headed = await Promise.all(heads.map((source) => lastNumber(source.store, source.folder, signal)));
  const last = await lastNumber(store, chainFolder(chain.zone), signal);
  return Math.max(last ?? 0, ...headed.map((number) => number ?? 0));
}

/** Every number with an entry or a head, in order; the next thousand is being listed while one is walked. */
async function* rowsOf(reading: Reading): AsyncGenerator<Row> {
  const { onProgress } = reading.input;
  let entries = 0;
  const blocks = inFlight(await blocksOf(reading), 2, (block) => planOf(reading, block));
  for await (const plan of blocks) {
    for await (const rows of inFlight(chunksOf(plan), chunksAtOnce, (chunk) => readRows(reading, chunk)))
      for (const row of rows) {
        if (row.link !== null) entries += 1;
        yield row;
      }
    onProgress?.(entries);
  }
}

async function blocksOf({ input, heads }: Reading): Promise<string[]> {
  const { store, chain, signal } = input;
  const places = [{ store, folder: chainFolder(chain.zone) }, ...heads];
  const listed = await Promise.all(places.map((place) => place.store.listFolders(place.folder, signal)));
  return [...new Set(listed.flat().filter(isBlock))].sort();
}

/** What is to be read under one number, and from where. */
type Numbered = { number: number; entry: boolean; heads: HeadSource[] };

async function planOf(reading: Reading, block: string): Promise<Numbered[]> {
  const { store, chain, signal } = reading.input;
  const numbers = new Map<number, Numbered>();
  const at = (number: number): Numbered => {
    const found = numbers.get(number) ?? { number, entry: false, heads: [] };
    numbers.set(number, found);
    return found;
  };
  const entries = await listBlock(store, chainFolder(chain.zone), block, signal);
  for (const number of entries.numbers) at(number).entry = true;
  const strangers = [...entries.strangers];
  for (const source of reading.heads) {
    const listed = await listBlock(source.store, source.folder, block, signal);
    for (const number of listed.numbers) at(number).heads.push(source);
    strangers.push(...listed.strangers);
  }
  reading.strangers.push(...strangers.slice(0, Math.max(0, strangersNamed - reading.strangers.length)));
  return [...numbers.values()]
    .filter(({ number }) => number <= reading.limit)
    .sort((a, b) => a.number - b.number);
}

function* chunksOf(plan: readonly Numbered[]): Generator<Numbered[]> {
  for (let at = 0; at < plan.length; at += chunkSize) yield plan.slice(at, at + chunkSize);
}

async function readRows(reading: Reading, chunk: readonly Numbered[]): Promise<Row[]> {
  const { store, chain, signal } = reading.input;
  const rows = new Map(chunk.map(({ number }): [number, Row] => [number, { number, link: null, heads: [] }]));
  const read = async (from: Store, folder: string, numbers: number[]) => {
    const bodies = await from.getMany(
      numbers.map((number) => keyOfNumber(folder, number)),
      signal,
    );
    return numbers.map((number, index) => ({
      number,
      bytes: found(from, number, chain.zone, bodies[index]),
    }));
  };
  const entries = chunk.filter(({ entry }) => entry).map(({ number }) => number);
  const entering = read(store, chainFolder(chain.zone), entries).then((all) => {
    for (const { number, bytes } of all) rowOf(rows, number).link = linkOf(number, bytes);
  });
  const heading = reading.heads.map(async (source) => {
    const numbers = chunk.filter(({ heads }) => heads.includes(source)).map(({ number }) => number);
    const all = await read(source.store, source.folder, numbers);
    return Promise.all(all.map(({ number, bytes }) => checkHead(reading, source.name, number, bytes)));
  });
  const [headed] = await Promise.all([Promise.all(heading), entering]);
  for (const { number, head } of headed.flat()) rowOf(rows, number).heads.push(head);
  return [...rows.values()];
}

function rowOf(rows: ReadonlyMap<number, Row>, number: number): Row {
  const row = rows.get(number);
  if (row === undefined) throw new RangeError(`there is no row ${number}`);
  return row;
}

function found(store: Store, number: number, zone: string, bytes: Uint8Array | null | undefined): Uint8Array {
  if (bytes !== null && bytes !== undefined) return bytes;
  throw new HoldfastError(
    'service-unavailable',
    `Repository ${store.name} lists number ${number} of the audit log of zone ${zone}, and does not give it.`,
  );
}

async function checkHead(
  { input, check }: Reading,
  from: string,
  number: number,
  bytes: Uint8Array,
): Promise<{ number: number; head: FoundHead }> {
  const { chain } = input;
  const faulty = (fault: string) => ({ number, head: { from, fault } });
  const head = headOf(bytes);
  if (head === null) return faulty('is no signed head');
  const { statement, signature } = head;
  if (statement.organization !== chain.organization || statement.zone !== chain.zone)
    return faulty('is of another chain');
  if (statement.seq !== number) return faulty(`tells of entry ${statement.seq}`);
  try {
    await check(statementBytes(statement), signature);
    return { number, head: { from, statement } };
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.code !== 'untrusted-signature') throw error;
    return faulty(`does not count: ${lowered(error.message)}`);
  }
}

/** A sentence as the end of another one. */
const lowered = (sentence: string): string =>
  `${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}`.replace(/\.$/, '');
