import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sha256 } from '../../repository/audit/entry.ts';
import {
  at,
  changed,
  entryKey,
  finds,
  headKey,
  runs,
  shifted,
  verified,
  type World,
  witnessKey,
  worldOf,
  worlds,
} from '../support/audit-world.ts';

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
