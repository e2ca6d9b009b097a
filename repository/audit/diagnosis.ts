import type { Link } from './entry.ts';

/** What a break of the chain looks like; `head`: a signed head is none, or not one of this chain. */
export type BreakKind = 'deletion' | 'insertion' | 'change' | 'reordering' | 'truncation' | 'head';

/** The first place where the chain does not hold. */
export type Break = {
  kind: BreakKind;
  /** The entry that is gone, was added or changed, or, for a head, that it tells of. */
  number: number;
  sentence: string;
};

/** What is wrong at a number, before it is known why. */
export type Fault =
  | { what: 'missing' | 'unreadable' | 'foreign' | 'number' }
  /** It does not follow from the one before; a signed head may say that it is itself as it was written. */
  | { what: 'previous'; intact: boolean }
  /** It is not what a signed head says; `agreed` is the last entry that a head before confirms. */
  | { what: 'head'; hash: string; from: string; agreed: number };

/** How many entries are looked at beyond a break to tell a moved entry from a removed one. */
const reach = 200;

/** Tells from what stands around a fault what it looks like. `look` gives what stands under a number. */
export async function diagnose(
  number: number,
  fault: Fault,
  look: (number: number) => Promise<Link | null>,
): Promise<Break> {
  switch (fault.what) {
    case 'missing':
      return broken('deletion', number, `Entry ${number} is not there, and later ones are.`);
    case 'unreadable':
      return broken('change', number, `Entry ${number} is no audit entry any more.`);
    case 'foreign':
      return broken('change', number, `What stands under ${number} is an entry of another chain.`);
    case 'number':
      return otherNumber(number, look);
    case 'previous':
      return otherPrevious(number, fault.intact, look);
    case 'head':
      return otherHead(number, fault, look);
  }
}

type Look = (number: number) => Promise<Link | null>;

const broken = (kind: BreakKind, number: number, sentence: string): Break => ({ kind, number, sentence });

const seqAt = async (number: number, look: Look): Promise<number | null> =>
  (await look(number))?.entry?.seq ?? null;

/** What stands here says that it has another number: entries were moved, or it was changed. */
async function otherNumber(number: number, look: Look): Promise<Break> {
  const here = await look(number);
  const says = here?.entry?.seq ?? number;
  const next = await seqAt(number + 1, look);
  const original = await look(says);
  if (original?.hash === here?.hash)
    return broken('change', number, `Under ${number} stands a copy of entry ${says}.`);
  const before = await look(number - 1);
  if (here?.entry?.previous === (before?.hash ?? null))
    return broken('change', number, `Entry ${number} says that it is entry ${says}, and is in its place.`);
  if (says < number && (next === null || next === says + 1)) return inserted(says);
  if (original?.entry?.seq === number)
    return broken('reordering', number, `Entries ${number} and ${says} have changed places.`);
  for (let later = number + 1; says > number && later <= number + reach; later += 1) {
    const seq = await seqAt(later, look);
    if (seq === null) break;
    if (seq === number)
      return broken('reordering', number, `Entry ${number} was moved to the place of entry ${later}.`);
  }
  if (says > number && (next === null || next === says + 1))
    return broken('deletion', number, `Entry ${number} is gone, and the later ones were moved up.`);
  return broken('change', number, `Under ${number} stands an entry that says it is ${says}.`);
}

const inserted = (number: number): Break =>
  broken(
    'insertion',
    number,
    `Under ${number} stands something that was put in, and the later entries were moved down.`,
  );

/** Numbers are right, but this entry does not follow from the one before: one of the two is not what it was. */
async function otherPrevious(number: number, intact: boolean, look: Look): Promise<Break> {
  const [here, next] = [await look(number), await look(number + 1)];
  if (next?.entry?.seq === number) return inserted(number);
  if (number > 1 && (intact || next?.entry?.previous === here?.hash))
    return broken('change', number - 1, `Entry ${number - 1} is not the one that entry ${number} follows.`);
  if (next === null && !intact && number > 1)
    return broken(
      'change',
      number,
      `Entry ${number}, the last one, does not follow from the one before: one of the two was changed.`,
    );
  return broken('change', number, `Entry ${number} was changed: neither of its neighbours fits it.`);
}

/** The links hold, but a signed head tells of another entry. */
async function otherHead(
  number: number,
  { hash, from, agreed }: Extract<Fault, { what: 'head' }>,
  look: Look,
): Promise<Break> {
  const [here, next] = [await look(number), await look(number + 1)];
  if (next?.entry?.seq === number) return inserted(number);
  if (agreed === number - 1 || next?.entry?.previous === hash)
    return broken('change', number, `Entry ${number} is not the one whose head ${from} has, signed.`);
  if (next === null || next.entry?.previous === here?.hash)
    return broken(
      'change',
      number,
      `Of the entries ${agreed + 1} to ${number} some were written anew: they are linked, but the head of entry ${number} that ${from} has, signed, is another.`,
    );
  return broken('change', number, `Entry ${number} is not the one whose head ${from} has, signed.`);
}
