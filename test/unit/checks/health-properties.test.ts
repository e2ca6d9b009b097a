import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { weighHealth } from '../../../checks/health.ts';
import type { Fleet } from './fleet.ts';
import { factsOf, goodFleets, now } from './fleet.ts';
import { faults } from './health-faults.ts';

const weigh = (fleet: Fleet) => weighHealth(fleet.input, factsOf(fleet), now);

describe('a check on health', () => {
  it('finds nothing in a fleet that is well', () => {
    fc.assert(
      fc.property(goodFleets, (fleet) => {
        expect(weigh(fleet)).toEqual({
          findings: [],
          lingering: [],
          unchecked: [],
          lookAgain: false,
          cost: null,
        });
      }),
    );
  });

  it('finds precisely the one thing that is wrong in a fleet', () => {
    fc.assert(
      fc.property(goodFleets, fc.constantFrom(...faults), fc.nat(), (fleet, fault, which) => {
        const plan = fleet.input.plans[which % fleet.input.plans.length]?.plan ?? '';
        const broken = structuredClone(fleet);
        fault.break(broken, plan);
        const found = weigh(broken).findings.map(({ kind, subject }) => `${kind} ${subject}`);
        expect(found).toEqual(fault.finds(plan));
      }),
      { numRuns: 500 },
    );
  });

  it('finds the same in whatever order it is told', () => {
    const shuffled = <T>(items: T[]) => fc.shuffledSubarray(items, { minLength: items.length });
    const several = fc.tuple(goodFleets, fc.uniqueArray(fc.constantFrom(...faults), { maxLength: 6 }));
    const both = several.chain(([fleet, some]) => {
      const broken = structuredClone(fleet);
      for (const [index, fault] of some.entries())
        fault.break(broken, broken.input.plans[index % broken.input.plans.length]?.plan ?? '');
      const { input, zones, temporal } = broken;
      return fc
        .record({
          plans: shuffled(input.plans),
          repositories: shuffled(input.repositories),
          zones: shuffled([...zones]),
          runs: shuffled(temporal.plans),
        })
        .map((order) => ({
          broken,
          other: {
            input: { ...input, plans: order.plans, repositories: order.repositories },
            zones: new Map(order.zones),
            temporal: { ...temporal, plans: order.runs },
          },
        }));
    });
    fc.assert(
      fc.property(both, ({ broken, other }) => {
        expect(weigh(other)).toEqual(weigh(broken));
      }),
    );
  });
});
