import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { bytes, codeOf, keys, readAll, same, text, writeInPieces } from '../../support/store-access.ts';
import type { OpenStore } from './store-under-test.ts';

/** Putting right bytes in the place of wrong ones, for healing alone. */
export function replacements(open: OpenStore): void {
  describe('replacements', () => {
    it.each([
      ['small', 1000],
      ['large', 20_000_000],
    ])('of a %s object take its place when they are finished, and not before', async (_name, size) => {
      const { store, unfinished } = await open();
      await store.putIfAbsent('shop/data', bytes('wrong'));
      const body = randomBytes(size);
      const upload = await store.startReplacement('shop/data', undefined, { expectedBytes: size });
      await writeInPieces(upload, body, 2 ** 20);
      expect(await text(store, 'shop/data')).toBe('wrong');
      expect((await upload.finish()).bytes).toBe(size);
      expect(same(await readAll(store, 'shop/data'), body)).toBe(true);
      expect(await keys(store, '')).toEqual(['shop/data']);
      expect(await unfinished()).toBe(0);
    });

    it('that are given up leave the object as it was', async () => {
      const { store, unfinished } = await open();
      await store.putIfAbsent('shop/data', bytes('first'));
      const upload = await store.startReplacement('shop/data');
      await writeInPieces(upload, Buffer.alloc(20_000_000, 'x'), 2 ** 20);
      await upload.abort();
      await upload.abort();
      expect(await text(store, 'shop/data')).toBe('first');
      expect(await unfinished()).toBe(0);
    });

    it('end with the signal, and leave the object as it was', async () => {
      const { store } = await open();
      await store.putIfAbsent('shop/data', bytes('first'));
      const stop = new AbortController();
      const upload = await store.startReplacement('shop/data', stop.signal);
      await upload.write(bytes('second'));
      stop.abort();
      expect(await codeOf(upload.finish())).toBe('interrupted');
      await upload.abort();
      expect(await text(store, 'shop/data')).toBe('first');
    });

    it('make an object that is missing', async () => {
      const { store } = await open();
      const upload = await store.startReplacement('shop/data');
      await upload.write(bytes('new'));
      await upload.finish();
      expect(await text(store, 'shop/data')).toBe('new');
    });

    it('change nothing about create-only writes', async () => {
      const { store } = await open();
      const upload = await store.startReplacement('shop/data');
      await upload.write(bytes('replaced'));
      await upload.finish();
      expect(await store.putIfAbsent('shop/data', bytes('late'))).toBe('exists');
      const late = await store.startUpload('shop/data');
      await late.write(bytes('late'));
      expect(await codeOf(late.finish())).toBe('already-exists');
      await late.abort();
      expect(await text(store, 'shop/data')).toBe('replaced');
    });
  });
}
