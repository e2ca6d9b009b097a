import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  checkPartNumber,
  mostParts,
  type PartPlan,
  partSize,
  partStart,
  partsInFlight,
  planBehind,
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

describe('the cut behind an object', () => {
  const uploads = fc.record({
    bytes: fc.integer({ min: 0, max: 1000 }).map((share) => 1 + Math.floor((share / 1000) ** 6 * 5 * TiB)),
    equalParts: fc.boolean(),
    known: fc.boolean(),
  });

  it('is found again for whatever an upload makes', () => {
    fc.assert(
      fc.property(uploads, ({ bytes, equalParts, known }) => {
        const plan = planParts({ ...(known ? { expectedBytes: bytes } : {}), equalParts });
        let parts = 1;
        for (let end = partSize(plan, 1); end < bytes; end += partSize(plan, parts)) parts += 1;
        fc.pre(parts <= mostParts);
        const found = planBehind({ first: partSize(plan, 1), parts, bytes });
        const starts = (cut: PartPlan) => [1, 2, 1001, parts].map((number) => partStart(cut, number));
        expect(found).not.toBeNull();
        if (found !== null && parts > 1000) expect(starts(found)).toEqual(starts(plan));
        else expect(found?.first).toBe(plan.first);
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ['more parts than so many bytes have', { first: 10, parts: 4, bytes: 30 }],
    ['fewer', { first: 10, parts: 2, bytes: 30 }],
    ['a first part that is the whole object, of three', { first: 30, parts: 3, bytes: 30 }],
    ['no part', { first: 10, parts: 0, bytes: 10 }],
    ['more parts than S3 has', { first: 1, parts: mostParts + 1, bytes: mostParts + 1 }],
    ['an empty first part', { first: 0, parts: 2, bytes: 10 }],
  ])('is not known with %s', (_what, object) => {
    expect(planBehind(object)).toBeNull();
  });
});
