import { HoldfastError } from '../../policy/errors.ts';
import { inFlight } from '../in-flight.ts';
import type { Store } from '../store.ts';
import { findEnd, readLink } from './end.ts';
import { type ChainName, type Entry, entryBytes, type Link, type RecordedEvent, sha256 } from './entry.ts';
import { chainFolder, firstNumber, keyOfNumber } from './layout.ts';

/** An event's place in the chain. */
export type Place = { number: number; hash: string };

export type AppendInput = {
  store: Store;
  chain: ChainName;
  events: readonly RecordedEvent[];
  /** Which worker writes. */
  worker: string;
  /** An earlier attempt may have written some of the events. */
  repeated: boolean;
  now?: () => Date;
  signal?: AbortSignal;
};

const readsAtOnce = 16;

/** How far the clocks of two workers and of Temporal may differ, in milliseconds. */
const clockSlack = 3_600_000;

/**
 * Appends events to a zone's chain by create-only writes of the next number, and gives the place of each. Of two
 * writers at one number one wins; the other one reads what was written meanwhile and takes the next number. An event
 * that is there already, because an attempt at this was killed after writing it, keeps its place.
 *
 * @throws HoldfastError what the store throws; what was appended until then stays, and is found by the next attempt
 */
export async function appendEvents(input: AppendInput): Promise<Place[]> {
  const { store, chain, events, worker, signal, now = () => new Date() } = input;
  const places = new Map<string, Place>();
  let end = await findEnd(store, chain.zone, signal);
  await search(input, end, places);
  for (const event of events) {
    while (!places.has(event.id)) {
      const entry: Entry = {
        format: 'holdfast-audit-entry/1',
        ...chain,
        seq: nextAfter(end),
        previous: end?.hash ?? null,
        recordedAt: now().toISOString(),
        worker,
        event,
      };
      const bytes = entryBytes(entry);
      const key = keyOfNumber(chainFolder(chain.zone), entry.seq);
      if ((await store.putIfAbsent(key, bytes, signal)) === 'created') {
        end = { number: entry.seq, hash: sha256(bytes), entry };
        places.set(event.id, end);
      } else {
        const taken = await endAfterLoss(input, entry.seq);
        await searchBetween(input, taken, end?.number ?? 0, places);
        end = taken;
      }
    }
  }
  return events.map(({ id }) => placeOf(places, id));
}

const nextAfter = (end: Link | null): number => (end === null ? firstNumber : end.number + 1);

function placeOf(places: ReadonlyMap<string, Place>, id: string): Place {
  const place = places.get(id);
  if (place === undefined) throw new RangeError(`event ${id} was not recorded`);
  return { number: place.number, hash: place.hash };
}

/** The end of the chain now that somebody has taken a number; a listing that does not show it yet is not believed. */
async function endAfterLoss({ store, chain, signal }: AppendInput, taken: number): Promise<Link> {
  const listed = await findEnd(store, chain.zone, signal);
  if (listed !== null && listed.number >= taken) return listed;
  const link = await readLink(store, chain.zone, taken, signal);
  if (link !== null) return link;
  throw new HoldfastError(
    'service-unavailable',
    `Repository ${store.name} refuses entry ${taken} of the audit log of zone ${chain.zone} as taken, and does not give it.`,
  );
}

/**
 * Looks for the events among the entries that can hold them: those that were written since the first of the events
 * happened. Without an earlier attempt that is the last entry, as a rule.
 */
async function search(input: AppendInput, end: Link | null, places: Map<string, Place>): Promise<void> {
  const { events, repeated } = input;
  const first = Math.min(...events.map(({ at }) => Date.parse(at))) - (repeated ? clockSlack : 0);
  await searchBack(input, end, places, (link) => !writtenBefore(link, first));
}

const writtenBefore = ({ entry }: Link, instant: number): boolean =>
  entry !== null && Date.parse(entry.recordedAt) < instant;

/** What others, or an older attempt at the same events, wrote after a number. */
async function searchBetween(
  input: AppendInput,
  end: Link,
  after: number,
  places: Map<string, Place>,
): Promise<void> {
  await searchBack(input, end, places, ({ number }) => number > after);
}

async function searchBack(
  { store, chain, events, signal }: AppendInput,
  end: Link | null,
  places: Map<string, Place>,
  goOn: (link: Link) => boolean,
): Promise<void> {
  if (end === null || !goOn(end)) return;
  const wanted = new Set(events.map(({ id }) => id));
  const note = ({ number, hash, entry }: Link) => {
    if (entry !== null && wanted.has(entry.event.id)) places.set(entry.event.id, { number, hash });
  };
  note(end);
  const earlier = inFlight(countDown(end.number - 1), readsAtOnce, (number) =>
    readLink(store, chain.zone, number, signal),
  );
  for await (const link of earlier) {
    if (link === null) continue;
    if (!goOn(link)) return;
    note(link);
  }
}

function* countDown(from: number): Generator<number> {
  for (let number = from; number >= firstNumber; number -= 1) yield number;
}
