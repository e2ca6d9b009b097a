import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { keyOf } from '../../../repository/layout.ts';
import { isDeletingMarker, isManifest, removalSteps } from '../../../repository/removal-steps.ts';
import type { StoredVersion } from '../../../repository/store.ts';
import { backup, files, run } from '../../support/copy-to-remove.ts';

describe('the steps of a removal', () => {
  const version = fc.record({
    key: fc.constantFrom(...files, `deleting.${run}.json`, 'notes.txt').map((file) => keyOf(backup, file)),
    versionId: fc.uuid(),
    kind: fc.constantFrom('object' as const, 'delete-marker' as const),
    latest: fc.boolean(),
    bytes: fc.nat(),
  });

  it('take every version once, the manifest first and the marker of the removal last', () => {
    fc.assert(
      fc.property(fc.array(version, { maxLength: 40 }), (versions) => {
        const steps = removalSteps(versions);
        expect(steps.flat()).toHaveLength(versions.length);
        expect(new Set(steps.flat())).toEqual(new Set(versions));
        const place = (which: (version: StoredVersion) => boolean) =>
          steps.flatMap((step, index) => (step.some(which) ? [index] : []));
        const isObject = ({ kind }: StoredVersion) => kind === 'object';
        const manifest = place((each) => isObject(each) && isManifest(each.key));
        const removal = place((each) => isDeletingMarker(each.key));
        const others = place(
          (each) => !isDeletingMarker(each.key) && !(isObject(each) && isManifest(each.key)),
        );
        expect(Math.max(-1, ...manifest)).toBeLessThan(
          Math.min(Number.POSITIVE_INFINITY, ...others, ...removal),
        );
        expect(Math.max(-1, ...others)).toBeLessThan(Math.min(Number.POSITIVE_INFINITY, ...removal));
      }),
    );
  });

  it('never bring an older version back by removing what hides it', () => {
    fc.assert(
      fc.property(fc.array(version, { maxLength: 40 }), (versions) => {
        const order = removalSteps(versions).flat();
        for (const [index, each] of order.entries())
          if (each.kind === 'delete-marker')
            expect(order.slice(index).some(({ key, kind }) => kind === 'object' && key === each.key)).toBe(
              false,
            );
      }),
    );
  });
});
