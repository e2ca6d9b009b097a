import { describe, expect, it } from '@jest/globals';
import { isCopy, planCopies } from '../../../activities/survey-plan.ts';
import { backupsOf } from '../../../repository/catalogue.ts';
import { keyOf } from '../../../repository/layout.ts';

const now = Date.parse('2026-11-21T12:00:00Z');
const plan = { plan: 'shop-daily', source: 'shop' };

type File = [name: string, bytes: number, storageClass?: string];

/** Copies, newest first, of backups with these files beside manifest and signature. */
function listed(backups: Record<string, File[]>) {
  const objects = Object.entries(backups).flatMap(([backupId, files]) =>
    [...files, ['manifest.json', 10] satisfies File].map(([name, bytes, storageClass]) => ({
      key: keyOf({ source: 'shop', backupId }, name),
      bytes,
      modifiedAt: new Date(now),
      ...(storageClass === undefined ? {} : { storageClass }),
    })),
  );
  return backupsOf(objects)
    .filter(isCopy)
    .sort((a, b) => (a.backupId < b.backupId ? 1 : -1));
}

const data: File = ['data-1a2b3c.dump.zst.gpg', 1000];
const view = { now, usualClass: 'STANDARD' };

describe('what a repository has of a plan, by key names', () => {
  it('is nothing without backups', () => {
    expect(planCopies(plan, [], view)).toEqual({
      ...plan,
      count: 0,
      bytes: 0,
      newest: null,
      oldest: null,
      proven: null,
      tested: null,
      bytesOfMonth: 0,
    });
  });

  it('counts what is committed, and not what has begun to go', () => {
    const copies = listed({
      '20261001T010000Z-00000001': [data],
      '20261120T010000Z-00000002': [data],
      '20261121T010000Z-00000003': [data, ['deleting.0000000a.json', 3]],
    });
    expect(planCopies(plan, copies, view)).toMatchObject({
      count: 2,
      bytes: 2020,
      newest: '20261120T010000Z-00000002',
      oldest: '20261001T010000Z-00000001',
      bytesOfMonth: 1010,
    });
  });

  it('leaves out a backup without a manifest', () => {
    const objects = [
      {
        key: keyOf({ source: 'shop', backupId: '20261121T010000Z-00000003' }, data[0]),
        bytes: 1,
        modifiedAt: new Date(),
      },
    ];
    expect(backupsOf(objects).filter(isCopy)).toEqual([]);
  });

  it('is proven by the newest test that passed, whatever came of later ones', () => {
    const copies = listed({
      '20261001T010000Z-00000001': [data, ['tested.20261101T000000Z.passed.json', 2]],
      '20261101T010000Z-00000002': [data, ['tested.20261110T000000Z.passed-with-exceptions.json', 2]],
      '20261120T010000Z-00000003': [data, ['tested.20261120T120000Z.failed.json', 2]],
    });
    expect(planCopies(plan, copies, view)).toMatchObject({
      proven: { backupId: '20261101T010000Z-00000002', at: '2026-11-10T00:00:00.000Z' },
      tested: { backupId: '20261120T010000Z-00000003', result: 'failed' },
    });
  });

  it('tells storage classes only where one is not the usual one', () => {
    const usual = listed({ '20261120T010000Z-00000002': [['data-1a2b3c.dump', 1000, 'STANDARD']] });
    expect(planCopies(plan, usual, view).classes).toBeUndefined();
    const moved = listed({
      '20261119T010000Z-00000001': [['data-1a2b3c.dump', 700, 'DEEP_ARCHIVE']],
      '20261120T010000Z-00000002': [['data-1a2b3c.dump', 1000, 'STANDARD']],
    });
    expect(planCopies(plan, moved, view).classes).toEqual({ DEEP_ARCHIVE: 700, STANDARD: 1000 });
    expect(planCopies(plan, moved, { ...view, usualClass: 'DEEP_ARCHIVE' }).classes).toBeDefined();
  });

  it('tells sizes and ratios of the newest as their manifests do, and sizes without them by the listing', () => {
    const backups = Object.fromEntries(
      Array.from({ length: 20 }, (_, day) => [
        `202611${String(day + 1).padStart(2, '0')}T010000Z-00000001`,
        [data],
      ]),
    );
    const facts = new Map([
      ['20261120T010000Z-00000001', { plan: 'shop-daily', bytes: 900, rawBytes: 2700 }],
    ]);
    const { sizes, ratios } = planCopies(plan, listed(backups), { ...view, facts });
    expect(sizes?.slice(0, 2)).toEqual([900, 1000]);
    expect(ratios?.slice(0, 2)).toEqual([3, null]);
    expect(sizes).toHaveLength(15);
  });
});
