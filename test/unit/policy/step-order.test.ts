import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { allNeedsOf, type Needing, orderSteps } from '../../../policy/failover/order.ts';

/** Steps that need only steps with a smaller number, in any order: a graph without a cycle. */
const acyclic = fc
  .integer({ min: 1, max: 30 })
  .chain((count) =>
    fc.tuple(
      fc.shuffledSubarray(
        Array.from({ length: count }, (_, index) => index),
        { minLength: count },
      ),
      fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 60 }),
    ),
  )
  .map(([shuffled, edges]): Needing[] =>
    shuffled.map((number) => ({
      id: `s${number}`,
      needs: edges.flatMap(([a, b]) => (Math.max(a, b) === number && a !== b ? [`s${Math.min(a, b)}`] : [])),
    })),
  );

const byIdOf = (steps: Needing[]) => new Map(steps.map((step) => [step.id, step]));

describe('the order of steps', () => {
  it('has each step once, behind all that it needs', () => {
    fc.assert(
      fc.property(acyclic, (steps) => {
        const sorted = orderSteps(steps);
        if (!('order' in sorted)) throw new Error('no cycle was made');
        const place = new Map(sorted.order.map(({ id }, index) => [id, index]));
        expect([...place.keys()].sort()).toEqual(steps.map(({ id }) => id).sort());
        for (const { id, needs } of steps)
          for (const need of needs) expect(place.get(need)).toBeLessThan(place.get(id) ?? -1);
      }),
    );
  });

  it('is not there where a step comes to need itself, and the cycle is told step by step', () => {
    const cyclic = fc.tuple(acyclic, fc.nat(), fc.nat()).map(([steps, a, b]) => {
      const from = steps[a % steps.length];
      const to = steps[b % steps.length];
      const before = from === undefined ? new Set() : allNeedsOf(from, byIdOf(steps));
      // `to` is needed by `from`, or is it: having it need `from` closes a ring.
      const closes = from !== undefined && to !== undefined && (from === to || before.has(to.id));
      if (!closes) return null;
      return steps.map((step) => (step === to ? { ...step, needs: [...step.needs, from.id] } : step));
    });
    let rings = 0;
    fc.assert(
      fc.property(cyclic, (steps) => {
        if (steps === null) return;
        rings += 1;
        const sorted = orderSteps(steps);
        if (!('cycle' in sorted)) throw new Error('a cycle was made');
        const { cycle } = sorted;
        const all = byIdOf(steps);
        expect(new Set(cycle).size).toBe(cycle.length);
        for (const [index, id] of cycle.entries())
          expect(all.get(id)?.needs).toContain(cycle[(index + 1) % cycle.length]);
      }),
      { numRuns: 1000 },
    );
    expect(rings).toBeGreaterThan(20);
  });

  it('is that of the file where nothing is needed', () => {
    const steps = ['c', 'a', 'b'].map((id) => ({ id, needs: [] }));
    expect(orderSteps(steps)).toEqual({ order: steps });
  });

  it('has each step as early as it stands in the file, once its needs are met', () => {
    const steps = [
      { id: 'last', needs: ['first'] },
      { id: 'other', needs: [] },
      { id: 'first', needs: [] },
      { id: 'end', needs: [] },
    ];
    const sorted = orderSteps(steps);
    expect('order' in sorted && sorted.order.map(({ id }) => id)).toEqual(['other', 'first', 'last', 'end']);
  });

  it('is found for a chain longer than any runbook', () => {
    const chain = Array.from({ length: 2000 }, (_, index) => ({
      id: `s${index}`,
      needs: [`s${index + 1}`],
    }));
    const sorted = orderSteps(chain);
    expect('order' in sorted && sorted.order[0]?.id).toBe('s1999');
  });
});

describe('all that a step needs', () => {
  it('has what its needs need, and an end also where steps need each other', () => {
    const steps = [
      { id: 'a', needs: ['b', 'gone'] },
      { id: 'b', needs: ['c'] },
      { id: 'c', needs: ['b'] },
      { id: 'd', needs: [] },
    ];
    expect([...allNeedsOf({ id: 'x', needs: ['a'] }, byIdOf(steps))].sort()).toEqual(['a', 'b', 'c', 'gone']);
  });
});
