import { mkdir, mkdtemp, readdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { run } from '../../process/index.ts';
import { bytes, codeOf, keys, upload, writeInPieces } from '../support/store-access.ts';
import { openStoreAt } from '../support/stores.ts';
import { storeConformance } from './store-conformance.ts';

const made: string[] = [];
afterAll(async () => {
  await Promise.all(made.map((path) => rm(path, { recursive: true, force: true })));
});

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'holdfast-store-'));
  made.push(path);
  return path;
}

async function allFiles(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

storeConformance('a directory', async () => {
  const path = await directory();
  return {
    store: await openStoreAt(path, 'local'),
    unfinished: async () => (await allFiles(path)).filter((name) => name.startsWith('.part-')).length,
  };
});

describe('a directory', () => {
  it('that is not there is never made, and asks whether the disk is mounted', async () => {
    const path = join(await directory(), 'unmounted');
    const store = await openStoreAt(path, 'local');
    for (const attempt of [
      store.putIfAbsent('a/b', bytes('x')),
      store.startUpload('a/b'),
      keys(store, ''),
      store.listFolders(''),
      store.get('a/b'),
      store.getMany(['a/b']),
      store.head('a/b'),
      store.remove('a/b'),
      store.sweepUnfinished(0),
      store.freeBytes(),
    ]) {
      await expect(attempt).rejects.toMatchObject({
        code: 'not-found',
        hint: expect.stringMatching(/mounted/),
      });
    }
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await store.probe()).toMatchObject([{ check: 'reachable', outcome: 'no', fault: true }]);
  });

  it('keeps files and folders to their owner', async () => {
    const path = await directory();
    const store = await openStoreAt(path, 'local');
    await upload(store, 'shop/2026/data', bytes('x'));
    expect((await stat(join(path, 'shop/2026/data'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(path, 'shop/2026'))).mode & 0o777).toBe(0o700);
  });

  it('refuses to list past a link, which could hide backups', async () => {
    const path = await directory();
    const store = await openStoreAt(path, 'local');
    await store.putIfAbsent('a', bytes('a'));
    await symlink(await directory(), join(path, 'elsewhere'));
    expect(await codeOf(keys(store, ''))).toBe('not-a-repository');
  });

  it('says so when the disk is full, and keeps nothing of the upload', async () => {
    const path = await directory();
    // Only root can mount a small file system.
    await run({ command: 'mount', args: ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', path] });
    try {
      const store = await openStoreAt(path, 'local');
      await store.putIfAbsent('before', bytes('good'));
      const started = await store.startUpload('shop/data');
      const writing = writeInPieces(started, Buffer.alloc(8_000_000), 2 ** 20).then(() => started.finish());
      await expect(writing).rejects.toMatchObject({
        code: 'disk-full',
        hint: expect.stringMatching(/space/),
      });
      await started.abort();
      expect(await allFiles(path)).toEqual(['before']);
      expect(await keys(store, '')).toEqual(['before']);
    } finally {
      await run({ command: 'umount', args: [path] });
    }
  });

  it('throws when one folder of many can not be read', async () => {
    const path = await directory();
    const store = await openStoreAt(path, 'local');
    await store.putIfAbsent('readable/a', bytes('a'));
    // Nested deeper than a path may be long: that stops root as well, whom no permission would.
    const half = Array.from({ length: 10 }, () => 'd'.repeat(250)).join('/');
    await mkdir(join(path, 'deep', half), { recursive: true });
    await mkdir(join(path, 'deeper', half), { recursive: true });
    await rename(join(path, 'deeper'), join(path, 'deep', half, 'deeper'));
    expect(await codeOf(keys(store, ''))).toBe('unreachable');
    expect(await keys(store, 'readable/')).toEqual(['readable/a']);
    await run({ command: 'rm', args: ['-rf', join(path, 'deep')] });
  });
});
