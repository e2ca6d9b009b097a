import { expect, it } from '@jest/globals';
import { keys } from '../../support/store-access.ts';
import type { OpenStore } from './store-under-test.ts';

/** What a store finds out about itself. */
export function probe(open: OpenStore): void {
  it('probes without a fault and leaves at most one object', async () => {
    const { store } = await open();
    const findings = await store.probe();
    expect(findings.filter((finding) => finding.fault)).toEqual([]);
    const outcomes = new Map(findings.map((finding) => [finding.check, finding.outcome]));
    for (const check of ['reachable', 'writable', 'create-only', 'read-back'] as const)
      expect(outcomes.get(check)).toBe('yes');
    expect((await keys(store, '_probe/')).length).toBeLessThanOrEqual(1);
  });
}
