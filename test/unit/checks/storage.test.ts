import { describe, expect, it } from '@jest/globals';
import { array, assert, double, property } from 'fast-check';
import { weighHealth } from '../../../checks/health.ts';
import { emptyMemory, observe } from '../../../workflows/alert-state.ts';
import type { AlertsMemory } from '../../../workflows/contract-alerts.ts';
import { rulesWith } from '../../support/alerts.ts';
import { factsOf, now, oneFleet } from './fleet.ts';

/** Health with a repository that is so full; the policy allows 80 %. */
function healthAt(used: number) {
  const fleet = oneFleet();
  for (const survey of fleet.zones.get('fra')?.facts.repositories ?? [])
    if (survey.repository === 'local') Object.assign(survey, { free: 1 - used, size: 1 });
  return weighHealth(fleet.input, factsOf(fleet), now);
}

/** After each look whether the alert is open. */
function openAfter(looks: readonly number[]): boolean[] {
  const rules = rulesWith(['ops'], [{}]);
  let memory: AlertsMemory = emptyMemory;
  return looks.map((used, index) => {
    const at = now.getTime() + index * 300_000;
    const { findings, lingering = [] } = healthAt(used);
    const told = [...findings, ...lingering];
    memory = observe(
      memory,
      rules,
      { observer: 'health', at: new Date(at).toISOString(), findings: told },
      at,
    );
    expect(memory.open).not.toContainEqual(expect.objectContaining({ lingers: true }));
    return memory.open.some(({ kind }) => kind === 'storage-full');
  });
}

describe('a repository that fills', () => {
  it.each([
    [0.76, [], []],
    [0.78, [], ['storage-full']],
    [0.81, ['storage-full'], []],
  ])('to %d is found and lingers as it should', (used, found, lingers) => {
    const { findings, lingering } = healthAt(used);
    expect(findings.map(({ kind }) => kind)).toEqual(found);
    expect(lingering?.map(({ kind }) => kind)).toEqual(lingers);
  });

  it('opens its alert above what is allowed, and closes it well below', () => {
    expect(openAfter([0.79, 0.81, 0.79, 0.805, 0.775, 0.76, 0.79, 0.9, 0.5])).toEqual([
      ...[false, true, true, true, true],
      ...[false, false, true, false],
    ]);
  });

  it('opens at most once while it goes up and down by less than the relief', () => {
    assert(
      property(array(double({ min: 0.771, max: 0.95, noNaN: true }), { minLength: 1 }), (looks) => {
        const changes = openAfter(looks).filter((open, index, all) => open !== (all[index - 1] ?? false));
        expect(changes.length).toBe(looks.some((used) => used > 0.8000001) ? 1 : changes.length);
        expect(changes.length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 200 },
    );
  });
});
