import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  checkPartNumber,
  mostParts,
  type PartPlan,
  partSize,
  partsInFlight,
  planParts,
  wantsEqualParts,
} from '../../../repository/stores/s3-parts.ts';

const MiB = 2 ** 20;
const TiB = 2 ** 40;

function capacity(plan: PartPlan): number {
  let total = 0;
  for (let number = 1; number <= mostParts; number += 1) total += partSize(plan, number);
  return total;
}

describe('parts', () => {
  it('of a stream of unknown size hold 5 TiB', () => {
    expect(capacity(planParts({ equalParts: false }))).toBeGreaterThan(5 * TiB);
  });

  it('hold what is expected and a quarter more, equal or not, up to 5 TiB', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean(), (share, equalParts) => {
        const expectedBytes = Math.floor(share ** 4 * 5 * TiB);
        const plan = planParts({ expectedBytes, equalParts });
        expect(capacity(plan)).toBeGreaterThanOrEqual(expectedBytes * 1.25);
        if (equalParts) expect(partSize(plan, mostParts)).toBe(partSize(plan, 1));
      }),
      { numRuns: 30 },
    );
  });

  it('never shrink, and keep to what S3 takes', () => {
    const plan = planParts({ equalParts: false });
    for (let number = 2; number <= mostParts; number += 1) {
      expect(partSize(plan, number)).toBeGreaterThanOrEqual(partSize(plan, number - 1));
    }
    expect(partSize(plan, 1)).toBeGreaterThanOrEqual(5 * MiB);
    expect(partSize(plan, mostParts)).toBeLessThanOrEqual(5 * 2 ** 30);
  });

  it('in flight and being filled take 64 MiB together, as long as two fit into that', () => {
    for (const size of [16, 17, 21, 32]) {
      expect((partsInFlight(size * MiB) + 1) * size).toBeLessThanOrEqual(64);
      expect(partsInFlight(size * MiB)).toBeGreaterThanOrEqual(1);
    }
    expect(partsInFlight(2048 * MiB)).toBe(1);
  });

  it('of a small stream take half of that', () => {
    const size = partSize(planParts({ expectedBytes: 2 ** 30, equalParts: false }), 1);
    expect((partsInFlight(size) + 1) * size).toBe(32 * MiB);
  });

  it('beyond the last are refused', () => {
    const plan = planParts({ equalParts: true });
    expect(() => checkPartNumber(plan, mostParts, 'r2')).not.toThrow();
    expect(() => checkPartNumber(plan, mostParts + 1, 'r2')).toThrow(/does not fit into 10000 parts/);
  });

  it('are equal for R2 only', () => {
    expect(wantsEqualParts('https://abc.r2.cloudflarestorage.com')).toBe(true);
    expect(wantsEqualParts('https://abc.eu.r2.cloudflarestorage.com/')).toBe(true);
    expect(wantsEqualParts('https://s3.gra.io.cloud.ovh.net')).toBe(false);
    expect(wantsEqualParts(undefined)).toBe(false);
  });
});
