import { describe } from '@jest/globals';
import { keeping } from './store-conformance/keeping.ts';
import { listing } from './store-conformance/listing.ts';
import { probe } from './store-conformance/probe.ts';
import { reading } from './store-conformance/reading.ts';
import { refusedKeys } from './store-conformance/refused-keys.ts';
import { removal } from './store-conformance/removal.ts';
import { replacements } from './store-conformance/replacements.ts';
import { serviceChecksums } from './store-conformance/service-checksums.ts';
import { smallObjects } from './store-conformance/small-objects.ts';
import type { OpenStore } from './store-conformance/store-under-test.ts';
import { unfinishedUploads } from './store-conformance/unfinished-uploads.ts';
import { uploads } from './store-conformance/uploads.ts';
import { versions } from './store-conformance/versions.ts';

/** What every store must do (`repository/store.ts`), one file for each idea. */
const parts = [
  smallObjects,
  uploads,
  unfinishedUploads,
  replacements,
  listing,
  reading,
  serviceChecksums,
  removal,
  versions,
  keeping,
  refusedKeys,
  probe,
];

/** Runs every part of the suite, the same for each kind of store. */
export function storeConformance(name: string, open: OpenStore): void {
  describe(`${name} as a store`, () => {
    for (const part of parts) part(open);
  });
}
