import { describe, expect, it } from '@jest/globals';
import { bytes, codeOf, keys, writeInPieces } from '../../support/store-access.ts';
import type { OpenStore } from './store-under-test.ts';

/** Uploads that end otherwise than by `finish` (law 1). */
export function unfinishedUploads(open: OpenStore): void {
  describe('unfinished uploads', () => {
    it('leave nothing behind when aborted, whatever their size, however often', async () => {
      const { store, unfinished } = await open();
      for (const size of [0, 10, 40_000_000]) {
        const upload = await store.startUpload(`aborted/${size}`);
        await writeInPieces(upload, Buffer.alloc(size, 'x'), 2 ** 20);
        await upload.abort();
        await upload.abort();
      }
      expect(await unfinished()).toBe(0);
      expect(await keys(store, '')).toEqual([]);
      expect(await store.listFolders('')).toEqual([]);
    });

    it('stop at the signal, and leave nothing behind', async () => {
      const { store, unfinished } = await open();
      const controller = new AbortController();
      const upload = await store.startUpload('stopped', controller.signal);
      await writeInPieces(upload, Buffer.alloc(40_000_000, 'x'), 2 ** 20);
      controller.abort();
      expect(await codeOf(upload.write(bytes('more')))).toBe('interrupted');
      expect(await codeOf(upload.finish())).toBe('interrupted');
      await upload.abort();
      expect(await unfinished()).toBe(0);
      expect(await store.head('stopped')).toBeNull();
    });

    it('that nobody ended are swept by age, and nothing else is', async () => {
      const { store, unfinished } = await open();
      await store.putIfAbsent('kept', bytes('kept'));
      const upload = await store.startUpload('left/behind');
      await writeInPieces(upload, Buffer.alloc(40_000_000, 'x'), 2 ** 20);
      expect(await store.sweepUnfinished(3600)).toEqual({ removed: 0, kept: 1 });
      expect(await unfinished()).toBe(1);
      expect(await store.sweepUnfinished(-60)).toEqual({ removed: 1, kept: 0 });
      expect(await unfinished()).toBe(0);
      await upload.abort();
      expect(await keys(store, '')).toEqual(['kept']);
    });
  });
}
