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

    it('are read many at once in the order of the question, and listed by their keys', async () => {
      const { store } = await open();
      const names = Array.from({ length: 70 }, (_, index) => `many/${String(index).padStart(2, '0')}`);
      await Promise.all(names.map((name) => store.putIfAbsent(name, bytes(`body of ${name}`))));
      await store.putIfAbsent('many/void', new Uint8Array(0));
      const asked = [...names.toReversed(), 'many/no-such', 'many/void', 'many/07'];
      const bodies = await store.getMany(asked);
      const texts = bodies.map((body) => (body === null ? null : Buffer.from(body).toString()));
      const wanted = names.toReversed().map((name) => `body of ${name}`);
      expect(texts).toEqual([...wanted, null, '', 'body of many/07']);
      expect(await store.getMany([])).toEqual([]);
      const listed: string[] = [];
      for await (const key of store.listKeys('many/')) listed.push(key);
      expect(listed).toEqual([...names, 'many/void']);
    });
  });
}
