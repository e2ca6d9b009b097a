import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { HoldfastError } from '../../../policy/errors.ts';
import { bytes, codeOf, keys, readAll, same, text, writeInPieces } from '../../support/store-access.ts';
import type { OpenStore } from './store-under-test.ts';

/** Large objects, written piece by piece. */
export function uploads(open: OpenStore): void {
  describe('uploads', () => {
    it('can be tried without leaving anything', async () => {
      const { store, unfinished } = await open();
      await store.checkWritable();
      expect(await keys(store, '')).toEqual([]);
      expect(await unfinished()).toBe(0);
    });

    it('are invisible before they are finished, and whole afterwards', async () => {
      const { store } = await open();
      const body = randomBytes(3_000_000);
      const upload = await store.startUpload('shop/data.dump');
      await writeInPieces(upload, body, 70_001);
      expect(await store.head('shop/data.dump')).toBeNull();
      expect(await keys(store, '')).toEqual([]);
      expect(await store.listFolders('')).toEqual([]);
      expect((await upload.finish()).bytes).toBe(body.length);
      expect(same(await readAll(store, 'shop/data.dump'), body)).toBe(true);
      expect(await store.head('shop/data.dump')).toMatchObject({ bytes: body.length });
    });

    it('keep what was written when the caller uses its buffer again', async () => {
      const { store } = await open();
      const upload = await store.startUpload('reused');
      const buffer = Buffer.alloc(1000, 'a');
      await upload.write(buffer);
      buffer.fill('b');
      await upload.write(buffer);
      await upload.finish();
      expect(await text(store, 'reused')).toBe('a'.repeat(1000) + 'b'.repeat(1000));
    });

    it('of no byte at all make an empty object', async () => {
      const { store } = await open();
      const upload = await store.startUpload('nothing');
      expect((await upload.finish()).bytes).toBe(0);
      expect(await store.head('nothing')).toMatchObject({ bytes: 0 });
    });

    it('never replace an object', async () => {
      const { store } = await open();
      await store.putIfAbsent('taken', bytes('first'));
      for (const size of [10, 20_000_000]) {
        const upload = await store.startUpload('taken');
        await writeInPieces(upload, Buffer.alloc(size, 'x'), 2 ** 20);
        expect(await codeOf(upload.finish())).toBe('already-exists');
        await upload.abort();
      }
      expect(await text(store, 'taken')).toBe('first');
    });

    it('of two writers at one key leave one whole object', async () => {
      const { store } = await open();
      const bodies = [Buffer.alloc(50_000, 'a'), Buffer.alloc(50_000, 'b')];
      const outcomes = await Promise.all(
        bodies.map(async (body) => {
          const upload = await store.startUpload('contested');
          await upload.write(body);
          return upload.finish().then(
            () => 'finished',
            (error: unknown) => (error instanceof HoldfastError ? error.code : 'unknown'),
          );
        }),
      );
      expect([...outcomes].sort()).toEqual(['already-exists', 'finished']);
      const winner = bodies[outcomes.indexOf('finished')];
      expect(same(await readAll(store, 'contested'), winner ?? null)).toBe(true);
    });
  });
}
