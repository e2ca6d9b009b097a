import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { HoldfastError } from '../../../policy/errors.ts';
import type { CommandSpec } from '../../../process/index.ts';
import { zstdStage } from '../../../repository/compression.ts';
import { type CopiesProgress, writeCopies } from '../../../repository/copies.ts';
import type { Store } from '../../../repository/store.ts';
import { inDirectory } from '../../support/keys.ts';
import { filesIn, interceptUploads, openTestStore } from '../../support/stores.ts';

const key = 'shop/2026/11/21/20261121T010000Z-1a2b3c4d/data-0a1b2c.dump';
const sh = (script: string): CommandSpec => ({ command: 'bash', args: ['-c', script] });
const bytes = (count: number) => sh(`head -c ${count} /dev/zero | tr '\\0' x`);
const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');
const never = () => new Promise<void>(() => undefined);

const write = (
  stages: CommandSpec[],
  stores: Store[],
  more: { stallSeconds?: number; signal?: AbortSignal } = {},
) =>
  writeCopies({
    stages,
    targets: stores.map((store) => ({ name: store.name, store, key })),
    stallSeconds: 30,
    signal: new AbortController().signal,
    ...more,
  });

describe('writing all copies in one pass', () => {
  it('stores the same bytes everywhere and tells their hash, sizes and stages', () =>
    inDirectory(async (directory) => {
      const [local, offsite] = await Promise.all(
        ['local', 'offsite'].map((name) => openTestStore(directory, name)),
      );
      if (!local || !offsite) throw new Error('no stores');
      const file = await write([bytes(30_000_000), zstdStage], [local, offsite]);
      const stored = await readFile(join(local.path, key));
      expect(await readFile(join(offsite.path, key))).toEqual(stored);
      expect(file).toMatchObject({ sha256: sha256(stored), bytes: stored.length, rawBytes: 30_000_000 });
      expect(file.stages.map((stage) => stage.command)).toEqual(['bash', 'zstd']);
      expect(file.outcomes).toMatchObject([
        { name: 'local', outcome: 'stored', receipt: { bytes: stored.length } },
        { name: 'offsite', outcome: 'stored', receipt: { bytes: stored.length } },
      ]);
    }));

  it('stores an empty stream as an empty file', () =>
    inDirectory(async (directory) => {
      const local = await openTestStore(directory, 'local');
      expect(await write([sh('true')], [local])).toMatchObject({ bytes: 0, sha256: sha256(Buffer.alloc(0)) });
    }));

  it('tells its progress, of each copy too, at the end for certain', () =>
    inDirectory(async (directory) => {
      const local = await openTestStore(directory, 'local');
      const told: CopiesProgress[] = [];
      await writeCopies({
        stages: [bytes(5_000_000)],
        targets: [{ name: 'local', store: local, key }],
        stallSeconds: 30,
        signal: new AbortController().signal,
        onProgress: (progress) => told.push(progress),
      });
      expect(told.at(-1)).toMatchObject({
        bytes: 5_000_000,
        copies: [{ name: 'local', bytes: 5_000_000, dropped: false }],
      });
    }));
});

describe('a copy that fails', () => {
  const full = new HoldfastError('disk-full', 'Repository offsite is full.');

  it.each([
    ['when it starts', { start: () => Promise.reject(full) }],
    ['midway', { write: async (soFar: number) => (soFar > 5_000_000 ? Promise.reject(full) : undefined) }],
    ['when it ends', { finish: () => Promise.reject(full) }],
  ])('%s is dropped alone and leaves nothing', (_, fault) =>
    inDirectory(async (directory) => {
      const local = await openTestStore(directory, 'local');
      const offsite = await openTestStore(directory, 'offsite');
      const file = await write([bytes(20_000_000)], [local, interceptUploads(offsite, fault)]);
      expect(file.outcomes).toMatchObject([
        { name: 'local', outcome: 'stored' },
        { name: 'offsite', outcome: 'failed', error: { code: 'disk-full' } },
      ]);
      expect(sha256(await readFile(join(local.path, key)))).toBe(file.sha256);
      expect(await filesIn(offsite.path)).toEqual([]);
    }),
  );

  it('by a plain error still gets a sentence', () =>
    inDirectory(async (directory) => {
      const local = await openTestStore(directory, 'local');
      const broken = interceptUploads(local, { start: () => Promise.reject(new Error('socket hang up')) });
      await expect(write([bytes(1000)], [broken])).rejects.toMatchObject({
        code: 'service-unavailable',
        message: 'Repository local failed: socket hang up',
      });
    }));

  it.each([
    ['while it starts', { start: never }],
    ['midway', { write: (soFar: number) => (soFar > 5_000_000 ? never() : Promise.resolve()) }],
  ])('by accepting nothing %s is dropped after the stall time', (_, fault) =>
    inDirectory(async (directory) => {
      const local = await openTestStore(directory, 'local');
      const offsite = await openTestStore(directory, 'offsite');
      const stores = [local, interceptUploads(offsite, fault)];
      const file = await write([bytes(40_000_000)], stores, { stallSeconds: 0.3 });
      expect(file.bytes).toBe(40_000_000);
      expect(file.outcomes).toMatchObject([
        { outcome: 'stored' },
        {
          outcome: 'failed',
          error: { code: 'stalled', message: 'Repository offsite accepted no byte for 0.3 seconds.' },
        },
      ]);
      expect(await filesIn(offsite.path)).toEqual([]);
    }),
  );

  it('does not stop a source that is only slow', () =>
    inDirectory(async (directory) => {
      const local = await openTestStore(directory, 'local');
      const file = await write([sh('echo a; sleep 1; echo b')], [local], { stallSeconds: 0.2 });
      expect(file.outcomes).toMatchObject([{ outcome: 'stored' }]);
    }));

  it('ends the pipeline when it was the last one, with a reason that may pass', () =>
    inDirectory(async (directory) => {
      const denied = new HoldfastError('access-denied', 'Repository local may not be written.');
      const fail = (error: Error) => ({
        write: async (soFar: number) => (soFar > 1_000_000 ? Promise.reject(error) : undefined),
      });
      const local = await openTestStore(directory, 'local');
      const offsite = await openTestStore(directory, 'offsite');
      const stores = [interceptUploads(local, fail(denied)), interceptUploads(offsite, fail(full))];
      await expect(write([sh('cat /dev/zero')], stores)).rejects.toBe(full);
      expect(await filesIn(directory)).toEqual([]);
    }));

  it('ends the pipeline also while the source has nothing to say', () =>
    inDirectory(async (directory) => {
      const local = await openTestStore(directory, 'local');
      const later = { write: () => new Promise<void>((_, reject) => setImmediate(reject, full)) };
      const silent = [sh('echo a; exec sleep 600')];
      await expect(write(silent, [interceptUploads(local, later)])).rejects.toBe(full);
      expect(await filesIn(directory)).toEqual([]);
    }));

  it('by being slow holds the source back after a few megabytes, and gets all of it in the end', () =>
    inDirectory(async (directory) => {
      const local = await openTestStore(directory, 'local');
      let open = () => {};
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      let last = -1;
      let atRest = 0;
      const file = await writeCopies({
        stages: [bytes(60_000_000)],
        targets: [{ name: 'local', store: interceptUploads(local, { write: () => gate }), key }],
        stallSeconds: 30,
        signal: new AbortController().signal,
        onProgress: (progress) => {
          if (atRest > 0 || progress.bytes !== last || last === 0) last = progress.bytes;
          else {
            atRest = progress.bytes;
            open();
          }
        },
      });
      expect(atRest).toBeGreaterThan(0);
      expect(atRest).toBeLessThan(10_000_000);
      expect(file.bytes).toBe(60_000_000);
    }));
});

describe('a pipeline that fails', () => {
  it.each([
    ['at the end', [sh('head -c 9000000 /dev/zero; echo no route >&2; exit 3')], 'process-failed'],
    [
      'in the middle stage',
      [sh('cat /dev/zero'), sh('head -c 5000000; echo no route >&2; exit 3')],
      'process-failed',
    ],
    ['for want of a tool', [{ command: 'no-such-tool', args: [] }, zstdStage], 'tool-missing'],
  ])('%s leaves nothing in any repository', (_, stages, code) =>
    inDirectory(async (directory) => {
      const stores = await Promise.all(['local', 'offsite'].map((name) => openTestStore(directory, name)));
      await expect(write(stages, stores)).rejects.toMatchObject({ code });
      expect(await filesIn(directory)).toEqual([]);
    }),
  );

  it('by the signal is interrupted and leaves nothing', () =>
    inDirectory(async (directory) => {
      const abort = new AbortController();
      const local = await openTestStore(directory, 'local');
      const stopping = interceptUploads(local, {
        write: async (soFar) => {
          if (soFar > 3_000_000) abort.abort();
        },
      });
      await expect(write([sh('cat /dev/zero')], [stopping], { signal: abort.signal })).rejects.toMatchObject({
        code: 'interrupted',
      });
      expect(await filesIn(directory)).toEqual([]);
    }));
});
