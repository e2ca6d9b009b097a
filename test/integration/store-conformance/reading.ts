import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { bytes, codeOf, upload } from '../../support/store-access.ts';
import type { OpenStore } from './store-under-test.ts';

/** The ways to read an object. */
export function reading(open: OpenStore): void {
  describe('reading', () => {
    it('stops at the signal', async () => {
      const { store } = await open();
      await upload(store, 'long', randomBytes(12_000_000));
      const controller = new AbortController();
      const stream = await store.read('long', controller.signal);
      const reading = (async () => {
        for await (const _chunk of stream) controller.abort();
      })();
      expect(await codeOf(reading)).toBe('interrupted');
    });

    it('may be given up before it starts', async () => {
      const { store } = await open();
      await store.putIfAbsent('given-up', bytes('x'));
      const stream = await store.read('given-up');
      stream.destroy();
      expect(stream.destroyed).toBe(true);
    });

    it('whole is refused for what does not belong in memory', async () => {
      const { store } = await open();
      await upload(store, 'large', Buffer.alloc(64 * 2 ** 20 + 1));
      expect(await codeOf(store.get('large'))).toBe('bad-usage');
    });
  });
}
