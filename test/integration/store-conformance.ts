import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { HoldfastError } from '../../policy/errors.ts';
import type { Store, StoredObject, Upload } from '../../repository/store.ts';

/** What a kind of store gives the suite: an empty repository, and what it holds of unfinished uploads. */
export type StoreUnderTest = {
  store: Store;
  /** Unfinished uploads that a sweep would find. */
  unfinished(): Promise<number>;
};

/** What every store must do (`repository/store.ts`), the same for each kind. `open` gives a new empty repository. */
export function storeConformance(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`${name} as a store`, () => {
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

    it('removes an object, and does not mind when it has gone', async () => {
      const { store } = await open();
      await store.putIfAbsent('debris/old', bytes('x'));
      await store.remove('debris/old');
      await store.remove('debris/old');
      expect(await store.head('debris/old')).toBeNull();
      expect(await keys(store, '')).toEqual([]);
    });

    it.each(['', '/a', 'a/', 'a//b', '../a', 'a/../b', './a', 'a\\b', 'a\u0000b', `a/${'x'.repeat(256)}`])(
      'refuses the key %j',
      async (key) => {
        const { store } = await open();
        for (const attempt of [
          store.putIfAbsent(key, bytes('x')),
          store.startUpload(key),
          store.read(key),
          store.get(key),
          store.head(key),
          store.remove(key),
        ])
          expect(await codeOf(attempt)).toBe('bad-usage');
      },
    );

    it('probes without a fault and leaves at most one object', async () => {
      const { store } = await open();
      const findings = await store.probe();
      expect(findings.filter((finding) => finding.fault)).toEqual([]);
      const outcomes = new Map(findings.map((finding) => [finding.check, finding.outcome]));
      for (const check of ['reachable', 'writable', 'create-only', 'read-back'] as const)
        expect(outcomes.get(check)).toBe('yes');
      expect((await keys(store, '_probe/')).length).toBeLessThanOrEqual(1);
    });
  });
}

/** The code of the HoldfastError that work fails with; 'none' when it does not fail. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'none';
  } catch (error) {
    return error instanceof HoldfastError ? error.code : `not a HoldfastError: ${String(error)}`;
  }
}

export const bytes = (content: string): Uint8Array => Buffer.from(content);

export async function readAll(store: Store, key: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of await store.read(key)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

export async function writeInPieces(upload: Upload, body: Uint8Array, piece: number): Promise<void> {
  for (let start = 0; start < body.length; start += piece)
    await upload.write(body.subarray(start, start + piece));
}

export async function upload(store: Store, key: string, body: Uint8Array): Promise<void> {
  const started = await store.startUpload(key);
  await writeInPieces(started, body, 2 ** 20);
  await started.finish();
}

export async function keys(store: Store, prefix: string, signal?: AbortSignal): Promise<string[]> {
  return (await objects(store, prefix, signal)).map((object) => object.key);
}

async function objects(store: Store, prefix: string, signal?: AbortSignal): Promise<StoredObject[]> {
  const found: StoredObject[] = [];
  for await (const object of store.list(prefix, signal)) found.push(object);
  return found;
}

async function text(store: Store, key: string): Promise<string> {
  return Buffer.from((await store.get(key)) ?? []).toString();
}

function same(left: Uint8Array | null, right: Uint8Array | null): boolean {
  return left !== null && right !== null && Buffer.compare(left, right) === 0;
}

function ordered(wanted: string[]): string[] {
  return [...wanted].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
}
