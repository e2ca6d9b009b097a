import { describe, expect, it } from '@jest/globals';
import { readListing } from '../../../activities/retention-survey.ts';
import { backupsOf } from '../../../repository/catalogue.ts';

const directory = 'shop/2026/11/20/20261120T010000Z-0a1b2c3d/';

/** What retention reads of a copy with these markers beside it. */
function readWith(markers: string[], airgapped = false) {
  const objects = ['manifest.json', ...markers].map((name) => ({
    key: `${directory}${name}`,
    bytes: 1,
    modifiedAt: new Date('2026-11-20T02:00:00Z'),
  }));
  const [listing] = backupsOf(objects);
  return listing === undefined ? null : readListing(listing, 'local', airgapped)?.copies[0];
}

describe('a copy in a listing', () => {
  const failed = 'tested.20261120T040000Z.failed.json';

  it('counts for nothing once it failed its newest restore test', () => {
    expect(readWith([failed])).toMatchObject({ untouchable: 'disproven' });
    expect(readWith(['tested.20261120T030000Z.passed.json', failed])).toMatchObject({
      untouchable: 'disproven',
    });
  });

  it('counts again once it passed a later one, and is not touched by what is no proof', () => {
    expect(readWith([failed, 'tested.20261121T040000Z.passed.json'])).not.toHaveProperty('untouchable');
    expect(readWith(['hold.0a1b2c3d.json'])).not.toHaveProperty('untouchable');
  });

  it('behind the air gap is that first of all', () => {
    expect(readWith([failed], true)).toMatchObject({ untouchable: 'air-gapped' });
  });
});
