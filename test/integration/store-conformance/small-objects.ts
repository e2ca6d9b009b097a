import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { bytes, codeOf, same, text } from '../../support/store-access.ts';
import type { OpenStore } from './store-under-test.ts';

/** What is written whole, once. */
export function smallObjects(open: OpenStore): void {
  describe('small objects', () => {
    it('are created once and never replaced', async () => {
      const { store } = await open();
      expect(await store.putIfAbsent('a/manifest.json', bytes('one'))).toBe('created');
      expect(await store.putIfAbsent('a/manifest.json', bytes('two'))).toBe('exists');
      expect(await store.putIfAbsent('a/manifest.json', bytes('one'))).toBe('exists');
      expect(await text(store, 'a/manifest.json')).toBe('one');
    });

    it('let one of twenty racing writers win, each of five times', async () => {
      const { store } = await open();
      for (let race = 0; race < 5; race += 1) {
        const key = `race/${race}.json`;
        const writers = Array.from({ length: 20 }, (_, writer) =>
          store.putIfAbsent(key, bytes(`writer ${writer}`)),
        );
        const outcomes = await Promise.all(writers);
        expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
        expect(await text(store, key)).toBe(`writer ${outcomes.indexOf('created')}`);
      }
    });

    it('may be empty, and hold any byte', async () => {
      const { store } = await open();
      await store.putIfAbsent('empty', new Uint8Array(0));
      expect(await store.get('empty')).toHaveLength(0);
      const body = randomBytes(300_000);
      await store.putIfAbsent('random', body);
      expect(same(await store.get('random'), body)).toBe(true);
    });

    it('that are not there read as null, and as not-found when a stream is asked for', async () => {
      const { store } = await open();
      expect(await store.get('no/such')).toBeNull();
      expect(await store.head('no/such')).toBeNull();
      expect(await codeOf(store.read('no/such'))).toBe('not-found');
    });
  });
}
