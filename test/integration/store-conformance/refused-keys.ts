import { expect, it } from '@jest/globals';
import { bytes, codeOf } from '../../support/store-access.ts';
import type { OpenStore } from './store-under-test.ts';

/** Keys that some store, or some person's disk, would take for something else. */
export function refusedKeys(open: OpenStore): void {
  it.each([
    '',
    '/a',
    'a/',
    'a//b',
    '../a',
    'a/../b',
    './a',
    'a\\b',
    'a\u0000b',
    'a\u007f',
    'a\u0085',
    `a/${'x'.repeat(256)}`,
  ])('refuses the key %j', async (key) => {
    const { store } = await open();
    for (const attempt of [
      store.putIfAbsent(key, bytes('x')),
      store.startUpload(key),
      store.read(key),
      store.get(key),
      store.head(key),
      store.checksumOf(key),
      store.remove(key),
      store.removeVersions([{ key, versionId: null, kind: 'object', latest: true, bytes: 1 }]),
      store.lockOf(key),
      store.extendLock(key, new Date()),
      store.setStorageClass(key, 'GLACIER'),
      store.thaw(key, 1),
    ])
      expect(await codeOf(attempt)).toBe('bad-usage');
  });
}
