import { describe, expect, it } from '@jest/globals';
import { bytes, codeOf, keys, objects, ordered } from '../../support/store-access.ts';
import type { OpenStore } from './store-under-test.ts';

/** What a store names of what it holds (law 4). */
export function listing(open: OpenStore): void {
  describe('listing', () => {
    it('gives every object below a prefix in the order of keys, with its size', async () => {
      const { store } = await open();
      const wanted = ['a', 'a-b/c', 'a.txt', 'b/a/1', 'b/a/2', 'b/a-1', 'b/é', 'b/z', 'shop-2/x', 'shop/x'];
      for (const key of wanted) await store.putIfAbsent(key, bytes(key));
      expect(await keys(store, '')).toEqual(ordered(wanted));
      expect(await keys(store, 'b/')).toEqual(ordered(wanted.filter((key) => key.startsWith('b/'))));
      expect(await keys(store, 'b/a')).toEqual(ordered(wanted.filter((key) => key.startsWith('b/a'))));
      expect(await keys(store, 'b/a/1')).toEqual(['b/a/1']);
      expect(await keys(store, 'nothing/here/')).toEqual([]);
      for (const found of await objects(store, '')) {
        expect(found.bytes).toBe(Buffer.byteLength(found.key));
        expect(Math.abs(found.modifiedAt.getTime() - Date.now())).toBeLessThan(600_000);
      }
    });

    it('goes on through many pages', async () => {
      const { store } = await open();
      const wanted = Array.from({ length: 1100 }, (_, index) => `many/${String(index).padStart(5, '0')}`);
      for (let start = 0; start < wanted.length; start += 50)
        await Promise.all(wanted.slice(start, start + 50).map((key) => store.putIfAbsent(key, bytes('x'))));
      expect(await keys(store, 'many/')).toEqual(wanted);
    });

    it('names the folders directly below, in order', async () => {
      const { store } = await open();
      for (const key of ['shop/2026/a', 'shop/2027/a', 'shop-2/a', 'top.json'])
        await store.putIfAbsent(key, bytes('x'));
      expect(await store.listFolders('')).toEqual(['shop-2', 'shop']);
      expect(await store.listFolders('shop/')).toEqual(['2026', '2027']);
      expect(await store.listFolders('none/')).toEqual([]);
    });

    it('of a stopped run throws and never ends early', async () => {
      const { store } = await open();
      await store.putIfAbsent('a', bytes('a'));
      expect(await codeOf(keys(store, '', AbortSignal.abort()))).toBe('interrupted');
    });
  });
}
