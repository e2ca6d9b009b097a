import { describe, expect, it } from '@jest/globals';
import type { Removal, Store, StoredVersion } from '../../../repository/store.ts';
import { bytes, codeOf, keys, ordered } from '../../support/store-access.ts';
import type { OpenStore } from './store-under-test.ts';

/** What a store lists as versions, and their removal for good. */
export function versions(open: OpenStore): void {
  describe('versions', () => {
    it('are one of each object, in the order of keys, where nothing was replaced', async () => {
      const { store } = await open();
      const wanted = ['a', 'b/a/1', 'b/a-1', 'b/é', 'shop-2/x', 'shop/x'];
      for (const key of wanted) await store.putIfAbsent(key, bytes(key));
      const found = await versionsIn(store, '');
      expect(found.map(({ key }) => key)).toEqual(ordered(wanted));
      for (const version of found)
        expect(version).toMatchObject({
          kind: 'object',
          latest: true,
          bytes: Buffer.byteLength(version.key),
        });
      expect((await versionsIn(store, 'b/a')).map(({ key }) => key)).toEqual(['b/a-1', 'b/a/1']);
      expect(await versionsIn(store, 'nothing/here/')).toEqual([]);
      expect(await codeOf(versionsIn(store, '', AbortSignal.abort()))).toBe('interrupted');
    });

    it('are removed for good, each told in the order given', async () => {
      const { store } = await open();
      for (const key of ['b/1', 'b/2', 'b/3', 'kept']) await store.putIfAbsent(key, bytes(key));
      const asked = (await versionsIn(store, 'b/')).reverse();
      const removals = await store.removeVersions(asked);
      expect(removals).toEqual(asked.map((version) => ({ ...version, outcome: 'removed' })));
      expect((await versionsIn(store, '')).map(({ key }) => key)).toEqual(['kept']);
      expect(await keys(store, '')).toEqual(['kept']);
    });

    it('that have gone already are no failure', async () => {
      const { store } = await open();
      await store.putIfAbsent('b/1', bytes('x'));
      await store.putIfAbsent('b/2', bytes('x'));
      const asked = await versionsIn(store, 'b/');
      await store.removeVersions(asked.slice(1));
      for (const removal of await store.removeVersions(asked))
        expect(['removed', 'gone']).toContain(removal.outcome);
      expect(await store.removeVersions([])).toEqual([]);
      expect(await versionsIn(store, '')).toEqual([]);
    });

    it('are removed by the thousand', async () => {
      const { store } = await open();
      const wanted = Array.from({ length: 1100 }, (_, index) => `many/${String(index).padStart(5, '0')}`);
      for (let start = 0; start < wanted.length; start += 50)
        await Promise.all(wanted.slice(start, start + 50).map((key) => store.putIfAbsent(key, bytes('x'))));
      const found = await versionsIn(store, 'many/');
      expect(found.map(({ key }) => key)).toEqual(wanted);
      expect(outcomes(await store.removeVersions(found))).toEqual(new Set(['removed']));
      expect(await versionsIn(store, '')).toEqual([]);
    });
  });
}

async function versionsIn(store: Store, prefix: string, signal?: AbortSignal): Promise<StoredVersion[]> {
  const found: StoredVersion[] = [];
  for await (const version of store.listVersions(prefix, signal)) found.push(version);
  return found;
}

function outcomes(removals: Removal[]): Set<string> {
  return new Set(removals.map(({ outcome }) => outcome));
}
