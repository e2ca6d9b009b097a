import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { entryBytes, headBytes, headOf, linkOf, sha256 } from '../../repository/audit/entry.ts';
import { type VerifiedChain, verifyChain } from '../../repository/audit/index.ts';
import { chainFolder, headsFolder, keyOfNumber, witnessFolder } from '../../repository/audit/layout.ts';
import { chainFiles, headFile, makeHeadSigner } from '../../tools/lab/audit-chain.ts';
import { openStoreAt } from '../support/stores.ts';

const chain = { organization: 'Example BV', zone: 'fra' };
const worker = makeHeadSigner('fra-worker');
const stranger = makeHeadSigner('stranger');
const entryKey = (number: number) => keyOfNumber(chainFolder('fra'), number);
const headKey = (number: number) => keyOfNumber(headsFolder('fra'), number);
const witnessKey = (number: number) => keyOfNumber(witnessFolder('fra'), number);

type Files = Map<string, Uint8Array>;

/** A chain with its heads, and what a witness has of them. */
type World = { audit: Files; witness: Files; length: number; heads: number[] };

function worldOf(batches: number[]): World {
  const audit: Files = new Map();
  const witness: Files = new Map();
  for (const { key, bytes } of chainFiles(chain, batches, worker)) {
    audit.set(key, bytes);
    if (key.startsWith(headsFolder('fra')))
      witness.set(key.replace(headsFolder('fra'), witnessFolder('fra')), bytes);
  }
  const length = batches.reduce((sum, size) => sum + size, 0);
  const heads = Array.from({ length }, (_, index) => index + 1).filter((number) =>
    audit.has(headKey(number)),
  );
  return { audit, witness, length, heads };
}

const worlds = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 8 }).map(worldOf);

/** A chain, and a number in it. */
const worldAndNumber = worlds.chain((world) =>
  fc.tuple(fc.constant(world), fc.integer({ min: 1, max: world.length })),
);

async function verified({ audit, witness }: World): Promise<VerifiedChain> {
  const directory = await mkdtemp(join(tmpdir(), 'hf-audit-'));
  try {
    const stores = await Promise.all(
      [audit, witness].map(async (files, index) => {
        const name = index === 0 ? 'audit' : 'witness';
        await mkdir(join(directory, name));
        for (const [key, bytes] of files) {
          await mkdir(dirname(join(directory, name, key)), { recursive: true });
          await writeFile(join(directory, name, key), bytes);
        }
        return openStoreAt(join(directory, name), name);
      }),
    );
    const [store, ...witnesses] = stores;
    if (store === undefined) throw new Error('a store was opened');
    return await verifyChain({ store, chain, witnesses, signers: [worker.signer] });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function at(files: Files, key: string): Uint8Array {
  const bytes = files.get(key);
  if (bytes === undefined) throw new Error(`nothing under ${key}`);
  return bytes;
}

/** An entry's bytes with something else in it; everything that links it stays as given. */
function changed(
  bytes: Uint8Array,
  change: { seq?: number; previous?: string | null; reason?: string },
): Uint8Array {
  const { entry } = linkOf(1, bytes);
  if (entry === null) throw new Error('no entry');
  const { reason = 'forged', ...fields } = change;
  return entryBytes({ ...entry, ...fields, event: { ...entry.event, reason } });
}

/** Moves what stands under numbers from `from` on by one, up or down, as somebody does who hides a removal or an addition. */
function shifted(world: World, from: number, by: 1 | -1): void {
  const entries = new Map<number, Uint8Array>();
  for (let number = from; number <= world.length; number += 1) {
    entries.set(number, at(world.audit, entryKey(number)));
    world.audit.delete(entryKey(number));
  }
  for (const [number, bytes] of entries) world.audit.set(entryKey(number + by), bytes);
}

const runs = { numRuns: 8 };

describe('an audit chain that nobody touched', () => {
  it('passes, whatever its length and its batches', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async (world) => {
        const found = await verified(world);
        expect(found).toMatchObject({ broken: null, entries: world.length, unvouched: [], strangers: [] });
        expect(found.last?.hash).toBe(sha256(at(world.audit, entryKey(world.length))));
      }),
      runs,
    );
  });

  it('of no entries passes', async () => {
    expect(await verified(worldOf([]))).toMatchObject({ broken: null, entries: 0 });
  });

  it('crosses from one thousand into the next', async () => {
    expect(await verified(worldOf([998, 3, 1003]))).toMatchObject({
      broken: null,
      entries: 2004,
      agreed: 2004,
    });
  });
});

describe('a chain that somebody touched', () => {
  const finds = (
    what: string,
    kind: string,
    tamper: (world: World, number: number) => number | null,
    where: (world: World, number: number) => boolean = () => true,
  ) =>
    it(what, async () => {
      await fc.assert(
        fc.asyncProperty(worldAndNumber, async ([world, number]) => {
          fc.pre(where(world, number));
          const copy: World = { ...world, audit: new Map(world.audit), witness: new Map(world.witness) };
          const expected = tamper(copy, number);
          const { broken } = await verified(copy);
          expect(broken).toMatchObject({ kind, ...(expected === null ? {} : { number: expected }) });
        }),
        runs,
      );
    });
  const notLast = (world: World, number: number) => number < world.length;
  const notFirst = (_: World, number: number) => number > 1;

  finds(
    'by removing an entry',
    'deletion',
    ({ audit }, number) => {
      audit.delete(entryKey(number));
      return number;
    },
    notLast,
  );

  finds(
    'by removing an entry and closing the gap',
    'deletion',
    (world, number) => {
      world.audit.delete(entryKey(number));
      shifted(world, number + 1, -1);
      return number;
    },
    notLast,
  );

  finds('by changing what an entry says', 'change', ({ audit }, number) => {
    audit.set(entryKey(number), changed(at(audit, entryKey(number)), {}));
    return number;
  });

  finds('by changing what an entry follows', 'change', ({ audit }, number) => {
    audit.set(entryKey(number), changed(at(audit, entryKey(number)), { previous: 'f'.repeat(64) }));
    return number;
  });

  finds('by changing the number in an entry', 'change', ({ audit, length }, number) => {
    audit.set(
      entryKey(number),
      changed(at(audit, entryKey(number)), { seq: (number % length) + 1 + length }),
    );
    return number;
  });

  finds('by a number in an entry that no entry can have', 'change', ({ audit }, number) => {
    audit.set(entryKey(number), changed(at(audit, entryKey(number)), { seq: -1 }));
    return number;
  });

  finds('by writing nonsense over an entry', 'change', ({ audit }, number) => {
    audit.set(entryKey(number), Buffer.from('{}'));
    return number;
  });

  finds(
    'by writing another entry over one',
    'change',
    ({ audit, length }, number) => {
      audit.set(entryKey(number), at(audit, entryKey((number % length) + 1)));
      return number;
    },
    (world) => world.length > 1,
  );

  finds(
    'by writing every entry from one on anew, each linked to the next',
    'change',
    ({ audit, length }, number) => {
      let previous = number === 1 ? null : sha256(at(audit, entryKey(number - 1)));
      for (let each = number; each <= length; each += 1) {
        const bytes = changed(at(audit, entryKey(each)), { previous });
        audit.set(entryKey(each), bytes);
        previous = sha256(bytes);
      }
      return null;
    },
  );

  finds('by putting in an entry that fits the one before', 'insertion', (world, number) => {
    const original = at(world.audit, entryKey(number));
    shifted(world, number, 1);
    world.audit.set(entryKey(number), changed(original, {}));
    return number;
  });

  finds('by putting in an entry that fits nothing', 'insertion', (world, number) => {
    const original = at(world.audit, entryKey(number));
    shifted(world, number, 1);
    world.audit.set(entryKey(number), changed(original, { previous: 'f'.repeat(64) }));
    return number;
  });

  finds(
    'by letting two entries change places',
    'reordering',
    ({ audit, length }, number) => {
      const other = number === length ? 1 : length;
      const [one, two] = [at(audit, entryKey(number)), at(audit, entryKey(other))];
      audit.set(entryKey(number), two);
      audit.set(entryKey(other), one);
      return Math.min(number, other);
    },
    (world) => world.length > 1,
  );

  finds(
    'by letting neighbours change places',
    'reordering',
    ({ audit }, number) => {
      const [one, two] = [at(audit, entryKey(number - 1)), at(audit, entryKey(number))];
      audit.set(entryKey(number - 1), two);
      audit.set(entryKey(number), one);
      return number - 1;
    },
    notFirst,
  );

  finds('by cutting its end off', 'truncation', ({ audit, length }, number) => {
    for (let each = number; each <= length; each += 1) audit.delete(entryKey(each));
    return number;
  });

  finds(
    'by cutting its end off with the heads, but not those of the witness',
    'truncation',
    ({ audit, length }, number) => {
      for (let each = number; each <= length; each += 1) {
        audit.delete(entryKey(each));
        audit.delete(headKey(each));
      }
      return number;
    },
  );

  const withHead = (world: World, number: number) => world.heads.includes(number);

  for (const [place, files, key] of [
    ['the audit repository', (world: World) => world.audit, headKey],
    ['a witness', (world: World) => world.witness, witnessKey],
  ] as const) {
    finds(
      `by a head in ${place} that a stranger signed`,
      'head',
      (world, number) => {
        const head = headOf(at(files(world), key(number)));
        if (head === null) throw new Error('no head');
        const { from, seq, hash } = head.statement;
        const folder = files(world) === world.audit ? headsFolder('fra') : witnessFolder('fra');
        const forged = headFile(folder, { chain, from, seq, hash }, stranger);
        files(world).set(forged.key, forged.bytes);
        return number;
      },
      withHead,
    );

    finds(
      `by a head in ${place} without a signature`,
      'head',
      (world, number) => {
        const head = headOf(at(files(world), key(number)));
        if (head === null) throw new Error('no head');
        files(world).set(key(number), headBytes({ ...head, signature: '' }));
        return number;
      },
      withHead,
    );

    finds(
      `by a head in ${place} whose hash was changed after it was signed`,
      'head',
      (world, number) => {
        const head = headOf(at(files(world), key(number)));
        if (head === null) throw new Error('no head');
        const statement = { ...head.statement, hash: 'f'.repeat(64) };
        files(world).set(key(number), headBytes({ ...head, statement }));
        return number;
      },
      withHead,
    );
  }

  finds(
    'by a head of another entry',
    'head',
    ({ audit, heads }, number) => {
      audit.set(headKey(number), at(audit, headKey(heads.find((each) => each !== number) ?? number)));
      return number;
    },
    (world, number) => withHead(world, number) && world.heads.length > 1,
  );
});

describe('what nobody vouches for', () => {
  it('is told: entries without a signed head, and things that are no entries', async () => {
    const world = worldOf([2, 3, 2]);
    for (const files of [world.audit, world.witness])
      for (const key of [headKey(5), witnessKey(5)]) files.delete(key);
    world.audit.set('_audit/fra/000000/000000003b.json', Buffer.from('{}'));
    expect(await verified(world)).toMatchObject({
      broken: null,
      entries: 7,
      unvouched: [{ from: 3, to: 5 }],
      strangers: ['_audit/fra/000000/000000003b.json'],
    });
  });

  it('is told of the last entries, where a writer may have been killed before it signed', async () => {
    const world = worldOf([2, 3]);
    world.audit.delete(headKey(5));
    world.witness.delete(witnessKey(5));
    expect(await verified(world)).toMatchObject({ broken: null, unvouched: [{ from: 3, to: 5 }] });
  });
});
