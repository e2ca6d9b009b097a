import { type Break, diagnose, type Fault } from './diagnosis.ts';
import type { ChainName, Link, Statement } from './entry.ts';

/** A head as it was found: what it states when its signature counts, else what is wrong with it. */
export type FoundHead = { from: string } & ({ statement: Statement } | { fault: string });

/** What was found under one number, in the chain and in the folders of heads. */
export type Row = { number: number; link: Link | null; heads: FoundHead[] };

/** What a walk along the chain has seen so far. */
export type Walked = {
  entries: number;
  heads: number;
  first: Link | null;
  last: Link | null;
  /** The last entry that a signed head confirms. */
  agreed: number;
  /** Entries that no signed head vouches for, as spans. */
  unvouched: { from: number; to: number }[];
  broken: Break | null;
};

/**
 * Walks along a chain in the order of its numbers, compares each link with the one before and with the signed heads,
 * and stops at the first that does not hold. Holds nothing of the past but the last link.
 *
 * @param rows every number that has an entry or a head, in order
 * @param look what stands under a number: asked only around a break
 */
export async function walkChain(
  chain: ChainName,
  rows: AsyncIterable<Row>,
  look: (number: number) => Promise<Link | null>,
): Promise<Walked> {
  const walked: Walked = {
    entries: 0,
    heads: 0,
    first: null,
    last: null,
    agreed: 0,
    unvouched: [],
    broken: null,
  };
  let vouched = 0;
  let beyond: FoundHead | null = null;
  for await (const row of rows) {
    const bad = row.heads.find((head) => 'fault' in head);
    if (bad !== undefined && 'fault' in bad) {
      walked.broken = {
        kind: 'head',
        number: row.number,
        sentence: `The head of entry ${row.number} that ${bad.from} has ${bad.fault}.`,
      };
      return walked;
    }
    if (row.link === null) {
      beyond ??= row.heads[0] ?? null;
      continue;
    }
    const found = faultOf(chain, row, row.link, walked);
    if (found !== null) {
      walked.broken = await diagnose(found.number, found.fault, look);
      return walked;
    }
    walked.entries += 1;
    walked.heads += row.heads.length;
    walked.first ??= row.link;
    walked.last = row.link;
    if (row.heads.length === 0) continue;
    walked.agreed = row.number;
    const from = Math.min(...row.heads.flatMap((head) => ('statement' in head ? head.statement.from : [])));
    if (from > vouched + 1) walked.unvouched.push({ from: vouched + 1, to: from - 1 });
    vouched = row.number;
  }
  const end = walked.last?.number ?? 0;
  if (beyond !== null) walked.broken = cutShort(end, beyond);
  else if (end > vouched) walked.unvouched.push({ from: vouched + 1, to: end });
  return walked;
}

function cutShort(end: number, beyond: FoundHead): Break {
  const there = 'statement' in beyond ? beyond.statement.seq : end + 1;
  const last = end === 0 ? 'there are no entries' : `the last entry is ${end}`;
  return {
    kind: 'truncation',
    number: end + 1,
    sentence: `The chain was cut short: ${last}, and ${beyond.from} has a signed head of entry ${there}.`,
  };
}

/** What is wrong with a row after what was walked before it; null when nothing is. */
function faultOf(
  { organization, zone }: ChainName,
  { number, heads }: Row,
  { hash, entry }: Link,
  { last, agreed }: Walked,
): { number: number; fault: Fault } | null {
  const expected = (last?.number ?? 0) + 1;
  if (number !== expected) return { number: expected, fault: { what: 'missing' } };
  if (entry === null) return { number, fault: { what: 'unreadable' } };
  if (entry.organization !== organization || entry.zone !== zone)
    return { number, fault: { what: 'foreign' } };
  if (entry.seq !== number) return { number, fault: { what: 'number' } };
  const statements = heads.flatMap((head) =>
    'statement' in head ? [{ from: head.from, hash: head.statement.hash }] : [],
  );
  const other = statements.find((statement) => statement.hash !== hash);
  if (entry.previous !== (last?.hash ?? null))
    return { number, fault: { what: 'previous', intact: statements.length > 0 && other === undefined } };
  if (other !== undefined)
    return { number, fault: { what: 'head', hash: other.hash, from: other.from, agreed } };
  return null;
}
