import { describe, expect, it } from '@jest/globals';
import { bytes, codeOf, same, upload } from '../../support/store-access.ts';
import type { OpenStore } from './store-under-test.ts';

/** Locks, storage classes and the thaw, as far as each store has them: none of these repositories asks for a lock. */
export function keeping(open: OpenStore): void {
  describe('keeping', () => {
    it('locks nothing where the repository has no lock', async () => {
      const { store } = await open();
      await store.putIfAbsent('a', bytes('x'));
      expect(await store.lockOf('a')).toBeNull();
      expect(await store.extendLock('a', new Date(Date.now() + 86_400_000))).toBe('unsupported');
      expect(await store.lockOf('a')).toBeNull();
    });

    it('finds what is not in an archive readable at once', async () => {
      const { store } = await open();
      await store.putIfAbsent('a', bytes('x'));
      expect(await store.thaw('a', 1)).toBe('readable');
      expect(await codeOf(store.thaw('no/such', 1))).toBe('not-found');
    });

    it('moves an object to another storage class whole, or says that it has none', async () => {
      const { store } = await open();
      const body = Buffer.alloc(20_000_000, 'some bytes');
      await upload(store, 'data', body);
      const outcome = await store.setStorageClass('data', 'STANDARD_IA');
      expect(['moved', 'unsupported']).toContain(outcome);
      if (outcome === 'moved') expect(await store.setStorageClass('data', 'STANDARD_IA')).toBe('already');
      expect(await store.head('data')).toMatchObject({ bytes: body.length });
      const stream = await store.read('data');
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(Buffer.from(chunk));
      expect(same(Buffer.concat(chunks), body)).toBe(true);
    });
  });
}
